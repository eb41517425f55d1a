import { JetStreamApiError } from "@nats-io/jetstream";
import { errors } from "@nats-io/nats-core";
import { assertEquals, assertInstanceOf, assertStrictEquals } from "@std/assert";
import { ConnectionError, type ConnectionErrorReason } from "../../src/base/errors.ts";
import { apiCodeOf, currentRevision, toLockError } from "../../src/nats/nats_errors.ts";
import { apiError, clientError, natsWs, requested } from "./client_errors.ts";

interface Case {
  readonly what: string;
  readonly cause: unknown;
  readonly why: ConnectionErrorReason;
  readonly certain: boolean;
}

const V3: readonly Case[] = [
  { what: "TimeoutError", cause: clientError("TimeoutError"), why: "timeout", certain: false },
  { what: "NoResponders", cause: clientError("NoResponders"), why: "unavailable", certain: true },
  { what: "JetStreamNotEnabled", cause: clientError("JetStreamNotEnabled"), why: "unavailable", certain: true },
  { what: "ClosedConnectionError", cause: clientError("ClosedConnectionError"), why: "closed", certain: true },
  { what: "DrainingConnectionError", cause: clientError("DrainingConnectionError"), why: "closed", certain: true },
  { what: "PermissionViolationError", cause: clientError("PermissionViolationError"), why: "denied", certain: true },
  { what: "AuthorizationError", cause: clientError("AuthorizationError"), why: "denied", certain: true },
  {
    what: "UserAuthenticationExpiredError",
    cause: clientError("UserAuthenticationExpiredError"),
    why: "denied",
    certain: true,
  },
  { what: "ConnectionError", cause: clientError("ConnectionError"), why: "unavailable", certain: true },
  {
    what: '"connection closed" of a request in flight',
    cause: new Error("connection closed"),
    why: "closed",
    certain: false,
  },
  {
    what: "a message that is too long for the server",
    cause: clientError("InvalidArgumentError", { message: "'payload' max_payload size exceeded" }),
    why: "refused",
    certain: true,
  },
  { what: "an error with an unknown name", cause: new Error("boom"), why: "refused", certain: false },
];

const NATS_WS: readonly (readonly [string, ConnectionErrorReason, boolean])[] = [
  ["TIMEOUT", "timeout", false],
  ["503", "unavailable", true],
  ["CONNECTION_REFUSED", "unavailable", true],
  ["PERMISSIONS_VIOLATION", "denied", true],
  ["AUTHORIZATION_VIOLATION", "denied", true],
  ["AUTHENTICATION_EXPIRED", "denied", true],
  ["CONNECTION_CLOSED", "closed", true],
  ["CONNECTION_DRAINING", "closed", true],
  ["MAX_PAYLOAD_EXCEEDED", "refused", true],
  ["UNKNOWN_ERROR", "refused", false],
];

const API: readonly (readonly [number, number, ConnectionErrorReason, boolean])[] = [
  [10059, 404, "bucket_missing", true],
  [10071, 400, "refused", true],
  [10164, 400, "refused", true],
  [10037, 404, "refused", true],
  [10008, 503, "unavailable", false],
  [10077, 503, "unavailable", false],
  [10001, 500, "unavailable", false],
];

const NESTED: readonly Case[] = [
  {
    what: "a timeout in a RequestError",
    cause: requested(clientError("TimeoutError")),
    why: "timeout",
    certain: false,
  },
  {
    what: "no responders two causes deep",
    cause: requested(requested(natsWs("503"))),
    why: "unavailable",
    certain: true,
  },
  {
    what: "an API error in a RequestError",
    cause: requested(apiError(10059, 404)),
    why: "bucket_missing",
    certain: true,
  },
  {
    what: "a denial as the cause of a closed connection",
    cause: clientError("ClosedConnectionError", { cause: clientError("PermissionViolationError") }),
    why: "denied",
    certain: true,
  },
];

const REAL: readonly Case[] = [
  { what: "nats-core's own TimeoutError", cause: new errors.TimeoutError(), why: "timeout", certain: false },
  {
    what: "nats-core's own RequestError without responders",
    cause: new errors.RequestError("x", { cause: new errors.NoRespondersError("s") }),
    why: "unavailable",
    certain: true,
  },
  {
    what: "nats-core's own ClosedConnectionError",
    cause: new errors.ClosedConnectionError(),
    why: "closed",
    certain: true,
  },
  {
    what: "jetstream's own API error of class 5xx",
    cause: new JetStreamApiError({ code: 503, err_code: 10008, description: "no quorum" }),
    why: "unavailable",
    certain: false,
  },
];

const CASES: readonly Case[] = [
  ...V3,
  ...NATS_WS.map(([code, why, certain]) => ({ what: `nats.ws ${code}`, cause: natsWs(code), why, certain })),
  ...API.map(([code, status, why, certain]) => ({
    what: `the server's ${code} (${status})`,
    cause: apiError(code, status),
    why,
    certain,
  })),
  ...NESTED,
  ...REAL,
];

for (const { what, cause, why, certain } of CASES) {
  Deno.test(`toLockError() reports ${what} as ${why}, ${certain ? "certainly" : "possibly"} not carried out`, () => {
    const trouble = toLockError(cause, "write");
    assertEquals([trouble.error.why, trouble.certain], [why, certain]);
  });
}

Deno.test("toLockError() keeps the client's error as the cause", () => {
  const cause = natsWs("TIMEOUT");
  const { error } = toLockError(cause, "write");
  assertInstanceOf(error, ConnectionError);
  assertStrictEquals(error.cause, cause);
});

Deno.test("toLockError() says what was requested and why it failed", () => {
  const { error } = toLockError(apiError(10008, 503, "no quorum"), 'write "leader"');
  assertEquals(error.message, 'Cannot write "leader": the server answered "no quorum" (10008)');
});

const CYCLE = new Error("its own cause");
CYCLE.cause = CYCLE;

const STRANGE: readonly unknown[] = [undefined, null, "text", "", 7, 7n, true, Symbol("s"), [], {}, () => {}, CYCLE];

for (const cause of STRANGE) {
  const what = cause === CYCLE ? "a cyclic cause" : Deno.inspect(cause);
  Deno.test(`toLockError() accepts ${what} and reports nothing as certain`, () => {
    const { error, certain } = toLockError(cause, "write");
    assertEquals([error.why, certain], ["refused", false]);
    assertStrictEquals(error.cause, cause);
  });
}

Deno.test("apiCodeOf() returns the server's error code", () => {
  assertEquals([apiCodeOf(apiError(10071, 400)), apiCodeOf(apiError(10059, 404))], [10071, 10059]);
});

for (const cause of [natsWs("503"), clientError("JetStreamApiError", { code: "10071" }), "10071", null, undefined]) {
  Deno.test(`apiCodeOf() is null for ${Deno.inspect(cause).split("\n")[0]}, which is not a reply of JetStream`, () => {
    assertEquals(apiCodeOf(cause), null);
  });
}

for (const revision of [0, 1, 4711]) {
  Deno.test(`currentRevision() returns ${revision} from the refusal`, () => {
    assertEquals(currentRevision(apiError(10071, 400, `wrong last sequence: ${revision}`)), revision);
  });
}

for (
  const cause of [
    apiError(10164, 400, "wrong last sequence"),
    new Error("x"),
    5,
    null,
    undefined,
  ]
) {
  Deno.test(`currentRevision() is null for ${Deno.inspect(cause).split("\n")[0]}`, () => {
    assertEquals(currentRevision(cause), null);
  });
}
