import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import type { ConnectionErrorReason } from "../../src/base/errors.ts";
import { hasRemedy, limitOf, toLockError } from "../../src/nats/nats_errors.ts";
import { apiError } from "./client_errors.ts";

interface Refusal {
  readonly code: number;
  readonly status: number;
  /** The text in the server's errors.json. */
  readonly said: string;
  readonly why: ConnectionErrorReason;
  /** A part of the remedy; "" if the server's text is enough. */
  readonly remedy: string;
}

const REFUSALS: readonly Refusal[] = ([
  [10002, 400, "resource limits exceeded for account", "unavailable", "limits of the account"],
  [10005, 400, "no suitable peers for placement", "refused", '"placement"'],
  [10023, 503, "insufficient resources", "unavailable", "more storage"],
  [10026, 400, "maximum consumers limit reached", "refused", '"max_consumers"'],
  [10027, 400, "maximum number of streams reached", "refused", "limits of the account"],
  [10028, 500, "insufficient memory resources available", "unavailable", '"maxBytes"'],
  [10035, 503, "account not found", "unavailable", "enable JetStream"],
  [10039, 503, "JetStream not enabled for account", "unavailable", "enable JetStream"],
  [10047, 500, "insufficient storage resources available", "unavailable", '"maxBytes"'],
  [10052, 500, "max age needs to be >= 100ms", "refused", ""],
  [10054, 400, "message size exceeds maximum allowed", "refused", '"max_msg_size"'],
  [10065, 400, "subjects overlap with an existing stream", "refused", "another bucket"],
  [10074, 500, "replicas > 1 not supported in non-clustered mode", "refused", '"replicas"'],
  [10076, 503, "JetStream not enabled", "unavailable", "enable JetStream"],
  [10111, 500, "rollup not permitted", "unavailable", ""],
  [10113, 400, "account requires a stream config to have max bytes set", "refused", '"maxBytes"'],
  [10120, 400, "no JetStream default or applicable tiered limit present", "refused", '"replicas"'],
  [10122, 400, "stream max bytes exceeds account limit max stream bytes", "refused", '"maxBytes"'],
  [10163, 503, "expected last sequence per subject temporarily unavailable", "unavailable", ""],
  [10166, 400, "per-message TTL is disabled", "unavailable", ""],
  [10167, 429, "too many requests", "unavailable", ""],
] as const).map(([code, status, said, why, remedy]) => ({ code, status, said, why, remedy }));

for (const { code, status, said, why, remedy } of REFUSALS) {
  Deno.test(`toLockError() reports ${code} (${said}) as ${why}, certainly not carried out, with the remedy`, () => {
    const cause = apiError(code, status, said);
    const { certain, error } = toLockError(cause, 'write key "k"');
    assertEquals([certain, error.why, hasRemedy(cause)], [true, why, remedy !== ""]);
    assertStringIncludes(error.message, `Cannot write key "k": the server answered "${said}" (${code})`);
    if (remedy === "") assertMatch(error.message, /\)$/);
    else assertStringIncludes(error.message, remedy);
  });
}

const STORE: readonly (readonly [said: string, certain: boolean, limit: string | null])[] = [
  ["maximum bytes exceeded", true, "max_bytes"],
  ["maximum messages exceeded", true, "max_msgs"],
  ["maximum messages per subject exceeded", true, null],
  ["no space left on device", false, null],
  ["store is closed", false, null],
];

for (const [said, certain, limit] of STORE) {
  Deno.test(`toLockError() reports the storage failure "${said}" as ${certain ? "certainly" : "possibly"} not stored`, () => {
    const cause = apiError(10077, 503, said);
    const trouble = toLockError(cause, "write");
    assertEquals([trouble.certain, trouble.error.why, limitOf(cause)], [certain, "unavailable", limit]);
    assertEquals(hasRemedy(cause), limit !== null);
  });
}

for (
  const cause of [null, undefined, "maximum bytes exceeded", new Error("maximum bytes exceeded"), apiError(1, 400)]
) {
  Deno.test(`limitOf() and hasRemedy() find nothing in ${Deno.inspect(cause).split("\n")[0]}`, () => {
    assertEquals([limitOf(cause), hasRemedy(cause)], [null, false]);
  });
}
