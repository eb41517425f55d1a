import type { StreamConfig } from "@nats-io/jetstream";
import { assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { checkBucket } from "../../src/nats/bucket_rules.ts";
import { BucketConfigError } from "../../src/base/errors.ts";

const MINUTE = 60_000_000_000;

/** The config that the server returns for a bucket created by `newKeyValue`. */
const GOOD = {
  name: "KV_locks",
  subjects: ["$KV.locks.>"],
  retention: "limits",
  storage: "file",
  discard: "new",
  num_replicas: 1,
  max_msgs_per_subject: 1,
  max_msgs: -1,
  max_bytes: -1,
  max_age: MINUTE,
  deny_delete: true,
  deny_purge: false,
  allow_rollup_hdrs: true,
  allow_direct: true,
  allow_msg_ttl: true,
};

/** Returns the good settings with changes. `undefined` removes a setting, like a server that does not know it. */
function config(changes: Record<string, unknown>): StreamConfig {
  const kept = Object.entries({ ...GOOD, ...changes }).filter(([, value]) => value !== undefined);
  return Object.fromEntries(kept) as unknown as StreamConfig;
}

function complaint(changes: Record<string, unknown>): BucketConfigError {
  return assertThrows(() => checkBucket("locks", config(changes)), BucketConfigError);
}

const SAFE: readonly Record<string, unknown>[] = [
  {},
  { num_replicas: 3 },
  { num_replicas: 5 },
  { max_age: 0 },
  { allow_msg_ttl: false },
  { discard: "old" },
  { max_bytes: 1_000_000 },
  { max_msgs: 100 },
  { sources: [] },
  { subject_delete_marker_ttl: 0 },
  { storage: "memory" },
  { deny_delete: false },
  { allow_direct: false },
  { allow_rollup_hdrs: false },
];

for (const changes of SAFE) {
  const what = Object.keys(changes).length > 0 ? `with ${JSON.stringify(changes)}` : "created by newKeyValue";
  Deno.test(`checkBucket() accepts a bucket ${what}`, () => {
    assertEquals(checkBucket("locks", config(changes)), undefined);
  });
}

Deno.test("checkBucket() accepts a config in which allow_msg_ttl is absent", () => {
  assertEquals(checkBucket("locks", config({ allow_msg_ttl: undefined, sources: undefined })), undefined);
});

interface Broken {
  readonly changes: Record<string, unknown>;
  readonly setting: string;
  readonly value: unknown;
  /** A part of the text that says what is wanted. */
  readonly wanted: string;
}

const MIRROR = { name: "KV_other" };

const BROKEN: readonly Broken[] = [
  { changes: { max_msgs_per_subject: 5 }, setting: "max_msgs_per_subject", value: 5, wanted: "history 1" },
  { changes: { max_msgs_per_subject: -1 }, setting: "max_msgs_per_subject", value: -1, wanted: "history 1" },
  { changes: { max_age: 0, allow_msg_ttl: false }, setting: "max_age", value: 0, wanted: "lease length" },
  { changes: { max_age: 0, allow_msg_ttl: undefined }, setting: "max_age", value: 0, wanted: "allow_msg_ttl" },
  {
    changes: { subject_delete_marker_ttl: MINUTE },
    setting: "subject_delete_marker_ttl",
    value: MINUTE,
    wanted: "unset",
  },
  { changes: { num_replicas: 2 }, setting: "num_replicas", value: 2, wanted: "2 replicas survive no failure" },
  { changes: { mirror: MIRROR }, setting: "mirror", value: MIRROR, wanted: "unset" },
  { changes: { sources: [MIRROR] }, setting: "sources", value: [MIRROR], wanted: "unset" },
  { changes: { retention: "workqueue" }, setting: "retention", value: "workqueue", wanted: '"limits"' },
  { changes: { retention: "interest" }, setting: "retention", value: "interest", wanted: '"limits"' },
  { changes: { discard: "old", max_bytes: 1_000 }, setting: "discard", value: "old", wanted: '"new"' },
  { changes: { discard: "old", max_msgs: 100 }, setting: "discard", value: "old", wanted: '"new"' },
];

for (const { changes, setting, value, wanted } of BROKEN) {
  const what = JSON.stringify(changes, (_, v) => v === undefined ? "(absent)" : v);
  Deno.test(`checkBucket() refuses a bucket with ${what} and names the setting`, () => {
    const error = complaint(changes);
    assertEquals([error.bucket, error.setting, error.value], ["locks", setting, value]);
    assertStringIncludes(error.wanted, wanted);
  });

  Deno.test(`checkBucket() names bucket, setting, value and what is wanted in the message for ${what}`, () => {
    const { message, wanted: needed } = complaint(changes);
    for (const word of ['"locks"', `"${setting}"`, needed, JSON.stringify(value)]) assertStringIncludes(message, word);
  });
}

Deno.test("checkBucket() reports one setting if several are wrong", () => {
  assertEquals(complaint({ max_msgs_per_subject: 5, num_replicas: 2 }).setting, "max_msgs_per_subject");
});
