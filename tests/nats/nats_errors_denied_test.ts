import { errors } from "@nats-io/nats-core";
import { assertEquals } from "@std/assert";
import { isDenied, toLockError } from "../../src/nats/nats_errors.ts";
import { clientError, natsWs, requested } from "./client_errors.ts";

const MISSING: readonly (readonly [said: string, reason: string])[] = [
  [
    'Publish to "$KV.locks.a"',
    'the right to publish to "$KV.locks.a": add it to the user\'s publish permissions',
  ],
  [
    'Publish to "$JS.API.STREAM.INFO.KV_locks"',
    'the right to send requests to "$JS.API.STREAM.INFO.KV_locks": add it to the user\'s publish permissions',
  ],
  [
    'Publish to "$JS.hub.API.DIRECT.GET.KV_locks.$KV.locks.a"',
    'the right to send requests to "$JS.hub.API.DIRECT.GET.KV_locks.$KV.locks.a": add it to the user\'s publish permissions',
  ],
  [
    'Publish to "$JS.hub.API.$KV.locks.a"',
    'the right to publish to "$JS.hub.API.$KV.locks.a": add it to the user\'s publish permissions',
  ],
  [
    'Subscription to "natslock.locks.a"',
    'the right to subscribe to "natslock.locks.a": add it to the user\'s subscribe permissions',
  ],
  [
    'Subscription to "_INBOX.x.*" using queue "q"',
    'the right to subscribe to "_INBOX.x.*": add it to the user\'s subscribe permissions, or connect with an ' +
    '"inboxPrefix" that they allow',
  ],
];

for (const [said, reason] of MISSING) {
  const message = `Permissions Violation for ${said}`;
  Deno.test(`toLockError() says for ${said} which right is missing and where to add it`, () => {
    const causes = [
      requested(errors.PermissionViolationError.parse(message)),
      requested(natsWs("PERMISSIONS_VIOLATION", message)),
    ];
    for (const cause of causes) {
      const { error, certain } = toLockError(cause, "write");
      assertEquals([error.why, certain], ["denied", true]);
      assertEquals(error.message, `Cannot write: this user lacks ${reason}`);
    }
  });
}

Deno.test("toLockError() keeps the server's text of a denial that it does not recognize", () => {
  const { error } = toLockError(clientError("PermissionViolationError", { message: "No, never" }), "write");
  assertEquals([error.why, error.message], ["denied", "Cannot write: this user lacks a right: No, never"]);
});

Deno.test("toLockError() gives the reason of the innermost error if no server could be reached", () => {
  const cause = clientError("ConnectionError", { message: "connection refused" });
  const outer = clientError("ConnectionError", { message: "gave up", cause });
  assertEquals(
    toLockError(outer, "connect").error.message,
    "Cannot connect: no server could be reached: connection refused",
  );
});

for (const message of [undefined, "", "undefined"]) {
  Deno.test(`toLockError() adds no reason if a connection error has the message ${Deno.inspect(message)}, as in browsers`, () => {
    const { error } = toLockError(clientError("ConnectionError", { message }), "connect");
    assertEquals(error.message, "Cannot connect: no server could be reached");
  });
}

Deno.test("isDenied() is true only for the subject to which publishing is denied", () => {
  const said = (subject: string) =>
    requested(errors.PermissionViolationError.parse(
      `Permissions Violation for ${subject}`,
    ));
  assertEquals(isDenied(said('Publish to "a.b"'), "a.b"), true);
  for (const other of ['Publish to "a.b.c"', 'Subscription to "a.b"', 'Publish to "a"']) {
    assertEquals(isDenied(said(other), "a.b"), false, other);
  }
  for (const strange of [undefined, null, "a.b", 7, {}]) assertEquals(isDenied(strange, "a.b"), false);
});
