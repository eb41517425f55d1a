/** What a bucket must be like for locks to be safe in it, and what it is like. */

import type { StreamConfig } from "@nats-io/jetstream";
import { BucketConfigError, type BucketProblem } from "../base/errors.ts";
import { isAtLeast } from "./server_version.ts";
import type { BucketSettings } from "../store/store.ts";

/** What its settings say of a bucket. */
export interface KvBucketSettings extends Required<Omit<BucketSettings, "age">>, Pick<BucketSettings, "age"> {
  /** What it repeats its changes on. */
  readonly republish: StreamConfig["republish"];
  /** True if a message may ask for others to be removed. */
  readonly rollups: boolean;
}

/** Settings that make no difference to locks; every other one does (tests/nats/bucket_settings_test.ts has the reasons). */
export const HARMLESS: readonly string[] = [
  ...["name", "description", "metadata", "placement", "compression", "duplicate_window", "deny_purge"],
  ...["allow_direct", "mirror_direct", "allow_atomic", "allow_batched"],
];

/** Length of the record of a lock without name and meta, in bytes. */
export const SMALLEST_RECORD = 267;

type Holds = (value: unknown, config: StreamConfig) => boolean;

const off: Holds = (value) => !value;

const RULES: readonly (readonly [setting: keyof StreamConfig, holds: Holds, wanted: string])[] = [
  ["max_msgs_per_subject", (value) => value === 1, "1 (history 1), else an expired record uncovers an older one"],
  [
    "max_age",
    (_, { max_age, allow_msg_ttl }) => max_age > 0 || allow_msg_ttl === true,
    "the lease length, or allow_msg_ttl on, else the lock of a crashed holder is never free again",
  ],
  ["subject_delete_marker_ttl", off, "unset, since expiry markers can wipe an acknowledged renewal"],
  ["num_replicas", (value) => value !== 2, "1, 3 or 5, since two copies are no majority"],
  ["mirror", off, "unset, since a mirror is not written to"],
  ["sources", (_, { sources }) => !sources?.length, "unset, since copied messages pass by our condition on writes"],
  ["retention", (value) => value === "limits", '"limits", since other policies remove records that are read'],
  [
    "discard",
    (value, { max_bytes, max_msgs }) => value === "new" || (max_bytes <= 0 && max_msgs <= 0),
    '"new" where the bucket has a size limit, else a full bucket drops live leases',
  ],
  ["discard_new_per_subject", off, "false, else a renewal is refused since its key is full"],
  ["no_ack", off, "false, since only an answer proves a hold"],
  ["sealed", off, "false, since a sealed bucket takes no write"],
  [
    "subjects",
    (_, { name, subjects = [], mirror }) => {
      const all = new RegExp(`^((\\$KV|\\*)\\.((${name.slice(3)}|\\*)\\.)?)?>$`);
      return mirror !== undefined || subjects.some((subject) => all.test(subject));
    },
    "$KV.BUCKET.>, else not every key is stored in it",
  ],
  ["subject_transform", off, "unset, since records would be stored under other keys"],
  ["allow_msg_counter", off, "false, since a counter takes no records"],
  ["first_seq", (value) => !(Number(value) > 2 ** 52), "less than 2^52, since revisions have to be exact numbers"],
  ["persist_mode", (value) => value !== "async", '"default", since "async" acknowledges what may be lost'],
];

/** Every rule that a bucket's settings break. */
export function bucketProblems(bucket: string, config: StreamConfig): BucketProblem[] {
  const broken = RULES.flatMap(([setting, holds, wanted]) => {
    const value = config[setting] ?? null;
    return holds(value, config) ? [] : [{ bucket, setting, value, wanted: wanted.replace("BUCKET", bucket) }];
  });
  return [...broken, ...lacks(config, "k", SMALLEST_RECORD)];
}

/**
 * The limits that leave no room for a record of `size` bytes and its renewals. Where one server keeps the bucket, a
 * renewal takes the place of the record before it if it is not longer; copied buckets have to hold both for a moment.
 */
function lacks(config: Partial<StreamConfig>, key: string, size: number): BucketProblem[] {
  const { name = "", storage, num_replicas = 1 } = config;
  const records = num_replicas > 1 ? 2 : 1;
  const stored = size + subjectOf(name, key).length + (storage === "memory" ? 16 : 34);
  const limits = [["max_msg_size", size], ["max_bytes", records * stored], ["max_msgs", records]] as const;
  return limits.flatMap(([setting, least]) => {
    const { [setting]: value = -1 } = config;
    const what = records === 1 || setting === "max_msg_size" ? "a record" : "a record and its renewal";
    const wanted = `at least ${least}, the room for ${what}`;
    return value > 0 && value < least ? [{ bucket: name.slice(3), setting, value, wanted }] : [];
  });
}

/** Subject of a key in the stream of a bucket. */
const subjectOf = (stream: string, key: string): string => `$KV.${stream.slice(3)}.${key}`;

/** @throws {BucketConfigError} for the first rule that a bucket's settings break */
export function checkBucket(bucket: string, config: StreamConfig): void {
  const [problem] = bucketProblems(bucket, config);
  if (problem) throw new BucketConfigError(problem);
}

const NANOS = 1_000_000;

/** The mark of a release may carry a time of its own, in milliseconds, from this server on (nats-facts 1). */
const MARKER_TTL = 1000;
const MARKER_TTL_SINCE = "2.11.7";

/** What settings mean for locks; `epoch` names the stream, `version` is the server's. */
export function settingsOf(
  { max_age = 0, ...config }: Partial<StreamConfig>,
  epoch: string,
  version = "",
): KvBucketSettings {
  const ttl = max_age > 0 ? max_age / NANOS : null;
  const perKeyTtl = config.allow_msg_ttl === true;
  const markerTtl = perKeyTtl && isAtLeast(version, MARKER_TTL_SINCE) ? MARKER_TTL : ttl ?? Infinity;
  const { republish, allow_rollup_hdrs } = config;
  const rollups = allow_rollup_hdrs === true;
  const relevant = Object.fromEntries(
    Object.entries({ max_age, ...config }).filter(([setting]) => !HARMLESS.includes(setting)),
  );
  const lack = (key: string, size: number) => lacks(config, key, size)[0] ?? null;
  return { epoch, ttl, perKeyTtl, markerTtl, server: version, republish, rollups, config: relevant, lack };
}
