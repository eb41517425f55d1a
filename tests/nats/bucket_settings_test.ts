import type { StreamConfig, StreamInfo } from "@nats-io/jetstream";
import { assert, assertEquals } from "@std/assert";
import { bucketProblems, HARMLESS, settingsOf, SMALLEST_RECORD } from "../../src/nats/bucket_rules.ts";
import { adviceOn } from "../../cli/src/bucket_fixes.ts";

/** What a setting can do to locks, and why. A verdict of refusal or warning has changes that provoke it. */
type Verdict =
  | readonly [verdict: "harmless" | "counts", why: string]
  | readonly [verdict: "warned" | "refused", why: string, changes: Partial<Record<keyof StreamConfig, unknown>>];

/** Every field of the client's type. A new field fails the type check until it has a verdict here. */
const FIELDS: Readonly<Record<keyof StreamConfig, Verdict>> = {
  name: ["harmless", "the bucket is found by it"],
  description: ["harmless", "for people"],
  metadata: ["harmless", "for people and tools"],
  placement: ["harmless", "the place of a replica does not change what it does"],
  compression: ["harmless", "it concerns only the files on disk"],
  duplicate_window: ["harmless", "no message of this library has a Nats-Msg-Id"],
  deny_purge: [
    "harmless",
    "it protects the records; the server turns roll-ups off with it, and those have their own field",
  ],
  allow_direct: ["harmless", "decisions use reads from the leader"],
  mirror_direct: ["harmless", "only mirrors use it, and mirrors are refused"],
  allow_atomic: ["harmless", "each message of a batch has its own condition"],
  allow_batched: ["harmless", "each message of a batch has its own condition"],
  allow_rollup_hdrs: ["counts", "a release asks for a roll-up only if roll-ups are allowed"],
  subjects: ["refused", "keys outside of them are not stored", { subjects: ["$KV.locks.jobs.>"] }],
  retention: ["refused", "other policies remove what consumers have read", { retention: "interest" }],
  storage: ["warned", "a restart loses all records", { storage: "memory" }],
  max_consumers: ["warned", "a watch needs one if nothing is republished", { max_consumers: 1 }],
  sealed: ["refused", "it accepts no writes", { sealed: true }],
  first_seq: ["refused", "revisions above 2^53 are not exact numbers", { first_seq: 2 ** 60 }],
  allow_msg_counter: ["refused", "it stores only numbers to add", { allow_msg_counter: true }],
  persist_mode: ["refused", "async acknowledges writes that may be lost", { persist_mode: "async" }],
  max_msgs_per_subject: ["refused", "an older record would reappear at expiry", { max_msgs_per_subject: 2 }],
  max_msgs: ["refused", "replicas hold a record and its renewal", { max_msgs: 1, num_replicas: 3 }],
  max_bytes: ["refused", "less than a record", { max_bytes: SMALLEST_RECORD }],
  max_msg_size: ["refused", "less than a record", { max_msg_size: SMALLEST_RECORD - 1 }],
  max_age: ["refused", "nothing would ever expire", { max_age: 0, allow_msg_ttl: false }],
  discard: ["refused", "a full bucket would delete live records", { discard: "old", max_bytes: 1_000_000 }],
  discard_new_per_subject: ["refused", "a renewal is refused because its key has a record", {
    discard_new_per_subject: true,
  }],
  no_ack: ["refused", "only an acknowledgement proves a grant", { no_ack: true }],
  sources: ["refused", "sourced messages bypass conditional writes", { sources: [{ name: "KV_other" }] }],
  mirror: ["refused", "it accepts no writes", { mirror: { name: "KV_other" } }],
  num_replicas: ["refused", "2 survive no failure", { num_replicas: 2 }],
  deny_delete: ["warned", "a record can be deleted without a condition", { deny_delete: false }],
  republish: ["warned", "without it, a watch needs a consumer", { republish: undefined }],
  subject_transform: ["refused", "records are stored under other keys", {
    subject_transform: { src: "$KV.locks.>", dest: "$KV.moved.>" },
  }],
  consumer_limits: ["warned", "the consumer of a watch is refused", { consumer_limits: { inactive_threshold: 60e9 } }],
  subject_delete_marker_ttl: ["refused", "a marker can delete a renewal", { subject_delete_marker_ttl: 1e9 }],
  allow_msg_ttl: ["warned", "without it, a lock cannot have its own lease length", { allow_msg_ttl: false }],
  allow_msg_schedules: ["warned", "the server writes without a condition", { allow_msg_schedules: true }],
};

const GOOD: Partial<Record<keyof StreamConfig, unknown>> = {
  ...{ name: "KV_locks", subjects: ["$KV.locks.>"], retention: "limits", storage: "file", discard: "new" },
  ...{ num_replicas: 1, max_msgs_per_subject: 1, max_msgs: -1, max_bytes: -1, max_age: 60e9, deny_delete: true },
  ...{ allow_msg_ttl: true, republish: { src: "$KV.locks.>", dest: "natslock.locks.>" }, max_consumers: -1 },
};

const configOf = (changes: object) => ({ ...GOOD, ...changes }) as unknown as StreamConfig;

/** Returns the settings that are reported as problems, and those with advice. */
function said(changes: object): { wrong: string[]; advised: string[] } {
  const config = configOf(changes);
  const stream = { config, state: { consumer_count: 1 } } as unknown as StreamInfo;
  return {
    wrong: bucketProblems("locks", config).map(({ setting }) => setting),
    advised: adviceOn(stream, { version: "2.15.1" }).map(({ setting }) => setting),
  };
}

Deno.test("bucketProblems() and adviceOn() report nothing about a good bucket", () => {
  assertEquals(said({}), { wrong: [], advised: [] });
});

for (const [field, [verdict, why, changes = {}]] of Object.entries(FIELDS)) {
  Deno.test(`A bucket's "${field}": ${verdict}, since ${why}`, () => {
    assertEquals(HARMLESS.includes(field), verdict === "harmless");
    assertEquals(field in settingsOf(configOf({ [field]: "x" }), "now").config, verdict !== "harmless");
    // Consumers matter only if nothing is republished.
    const { wrong, advised } = said(/consumer/.test(field) ? { ...changes, republish: undefined } : changes);
    if (verdict === "refused") assertEquals(wrong, [field]);
    if (verdict === "warned") {
      assertEquals(wrong, []);
      assert(advised.includes(field), `advice on ${advised}`);
    }
  });
}

const COVERED: readonly (readonly [subject: string, covers: boolean])[] = [
  ["$KV.locks.>", true],
  ["$KV.*.>", true],
  ["$KV.>", true],
  ["*.locks.>", true],
  [">", true],
  ["$KV.locks.*", false],
  ["$KV.locks", false],
  ["$KV.locks.jobs.>", false],
  ["$KV.other.>", false],
  ["edge.$KV.locks.>", false],
  ["$KV", false],
];

for (const [subject, covers] of COVERED) {
  Deno.test(`bucketProblems() ${covers ? "accepts" : "refuses"} a bucket with the subject "${subject}"`, () => {
    assertEquals(said({ subjects: ["other", subject] }).wrong, covers ? [] : ["subjects"]);
  });
}

const ROOM: readonly (readonly [changes: object, wrong: readonly string[]])[] = [
  [{ max_msg_size: SMALLEST_RECORD }, []],
  [{ max_msg_size: 64, num_replicas: 3 }, ["max_msg_size"]],
  [{ max_msgs: 1 }, []],
  [{ max_msgs: 2, num_replicas: 3 }, []],
  [{ max_bytes: SMALLEST_RECORD + "$KV.locks.k".length + 34 }, []],
  [{ max_bytes: SMALLEST_RECORD + "$KV.locks.k".length + 33 }, ["max_bytes"]],
  [{ max_bytes: SMALLEST_RECORD + "$KV.locks.k".length + 16, storage: "memory" }, []],
  [{ max_bytes: 2 * (SMALLEST_RECORD + "$KV.locks.k".length + 34), num_replicas: 3 }, []],
  [{ max_bytes: 2 * (SMALLEST_RECORD + "$KV.locks.k".length + 34) - 1, num_replicas: 3 }, ["max_bytes"]],
];

for (const [changes, wrong] of ROOM) {
  Deno.test(`bucketProblems() with ${JSON.stringify(changes)} reports ${wrong.join() || "nothing"}`, () => {
    assertEquals(said(changes).wrong, wrong);
  });
}

Deno.test("settingsOf() names the limit that leaves no room for a longer record, and the least value that would do", () => {
  const { lack } = settingsOf(configOf({ max_msg_size: 300 }), "now");
  assertEquals(lack("k", 300), null);
  const wanted = "at least 301 to fit a record";
  assertEquals(lack("k", 301), { bucket: "locks", setting: "max_msg_size", value: 300, wanted });
});
