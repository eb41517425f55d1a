/** Defines which settings of a bucket are safe for locks, and what the settings mean for locks. */

import type { StreamConfig } from "@nats-io/jetstream";
import { BucketConfigError, type BucketProblem } from "../base/errors.ts";
import { isAtLeast, OWN_TTL_SINCE } from "./server_version.ts";
import type { BucketSettings } from "../store/store.ts";

/** The settings of a NATS bucket, as far as locks depend on them. */
export interface KvBucketSettings extends Required<Omit<BucketSettings, "age">>, Pick<BucketSettings, "age"> {
  /** Where the server republishes the changes; `undefined` if it does not. */
  readonly republish: StreamConfig["republish"];
  /** True if a message may ask the server to remove other messages. */
  readonly rollups: boolean;
}

/** Settings that locks do not depend on. Locks depend on every other setting. The tests give the reason for each. */
export const HARMLESS: readonly string[] = [
  ...["name", "description", "metadata", "placement", "compression", "duplicate_window", "deny_purge"],
  ...["allow_direct", "mirror_direct", "allow_atomic", "allow_batched"],
];

/** Size of the smallest record in bytes: that of a lock without name and meta. */
export const SMALLEST_RECORD = 267;

type Holds = (value: unknown, config: StreamConfig) => boolean;

const off: Holds = (value) => !value;

const RULES: readonly (readonly [setting: keyof StreamConfig, holds: Holds, wanted: string])[] = [
  ["max_msgs_per_subject", (value) => value === 1, "1 (history 1), else an older record reappears at expiry"],
  [
    "max_age",
    (_, { max_age, allow_msg_ttl }) => max_age > 0 || allow_msg_ttl === true,
    "the lease length, or allow_msg_ttl on, else the lock of a crashed holder never expires",
  ],
  ["subject_delete_marker_ttl", off, "unset, since expiry markers can delete an acknowledged renewal"],
  ["num_replicas", (value) => value !== 2, "1, 3 or 5, since 2 replicas survive no failure"],
  ["mirror", off, "unset, since a mirror accepts no writes"],
  ["sources", (_, { sources }) => !sources?.length, "unset, since sourced messages bypass conditional writes"],
  ["retention", (value) => value === "limits", '"limits", since other policies delete live records'],
  [
    "discard",
    (value, { max_bytes, max_msgs }) => value === "new" || (max_bytes <= 0 && max_msgs <= 0),
    '"new" if the bucket has a size limit, else a full bucket deletes live records',
  ],
  ["discard_new_per_subject", off, "false, else the server refuses all renewals"],
  ["no_ack", off, "false, since only an acknowledgement proves a grant"],
  ["sealed", off, "false, since a sealed bucket accepts no writes"],
  [
    "subjects",
    (_, { name, subjects = [], mirror }) => {
      const all = new RegExp(`^((\\$KV|\\*)\\.((${name.slice(3)}|\\*)\\.)?)?>$`);
      return mirror !== undefined || subjects.some((subject) => all.test(subject));
    },
    "$KV.BUCKET.>, else some keys are not stored",
  ],
  ["subject_transform", off, "unset, since records would be stored under other keys"],
  ["allow_msg_counter", off, "false, since a counter stores no records"],
  ["first_seq", (value) => !(Number(value) > 2 ** 52), "less than 2^52, so that revisions stay exact numbers"],
  ["persist_mode", (value) => value !== "async", '"default", since "async" acknowledges writes that may be lost'],
];

/** Returns one problem for each rule that the settings of a bucket break. */
export function bucketProblems(bucket: string, config: StreamConfig): BucketProblem[] {
  const broken = RULES.flatMap(([setting, holds, wanted]) => {
    const value = config[setting] ?? null;
    return holds(value, config) ? [] : [{ bucket, setting, value, wanted: wanted.replace("BUCKET", bucket) }];
  });
  return [...broken, ...roomProblems(config, "k", SMALLEST_RECORD)];
}

/**
 * Returns the limits that leave no room for a record of `size` bytes and its renewals. With one replica, a renewal
 * replaces the record before it if it is not longer. With more replicas, the bucket must hold both for a moment.
 */
function roomProblems(config: Partial<StreamConfig>, key: string, size: number): BucketProblem[] {
  const { name = "", storage, num_replicas = 1 } = config;
  const records = num_replicas > 1 ? 2 : 1;
  const stored = size + subjectOf(name, key).length + (storage === "memory" ? 16 : 34);
  const limits = [["max_msg_size", size], ["max_bytes", records * stored], ["max_msgs", records]] as const;
  return limits.flatMap(([setting, least]) => {
    const { [setting]: value = -1 } = config;
    const what = records === 1 || setting === "max_msg_size" ? "a record" : "a record and its renewal";
    const wanted = `at least ${least} to fit ${what}`;
    return value > 0 && value < least ? [{ bucket: name.slice(3), setting, value, wanted }] : [];
  });
}

/** Returns the subject of a key in the stream of a bucket. */
const subjectOf = (stream: string, key: string): string => `$KV.${stream.slice(3)}.${key}`;

/**
 * Checks the settings of a bucket.
 * @throws {BucketConfigError} for the first rule that they break
 */
export function checkBucket(bucket: string, config: StreamConfig): void {
  const [problem] = bucketProblems(bucket, config);
  if (problem) throw new BucketConfigError(problem);
}

/** Returns the subject on which the server republishes a subject; `null` if it does not, or without the value. */
export function republishedAs(subject: string, republish: StreamConfig["republish"]): string | null {
  const { src = ">", dest = "", headers_only: withoutValues } = republish ?? {};
  const [from, to] = [src.slice(0, -1), dest.slice(0, -1)];
  if (src !== `${from}>` || dest !== `${to}>` || withoutValues || !subject.startsWith(from)) return null;
  return to + subject.slice(from.length);
}

const NANOS = 1_000_000;

/** Returns the first setting that makes a bucket unfit for queues of tickets that are kept for `maxHold` ms. */
function queueProblem(config: Partial<StreamConfig>, version: string, maxHold: number): BucketProblem | null {
  const { name = "", max_age = 0, allow_msg_ttl, allow_direct, republish, allow_rollup_hdrs } = config;
  const bucket = name.slice(3);
  const isOld = version !== "" && !isAtLeast(version, OWN_TTL_SINCE);
  const server = isOld ? `, and nats-server ${OWN_TTL_SINCE} or later, not ${version}` : "";
  const rules = [
    ["allow_msg_ttl", allow_msg_ttl && !isOld, `true${server}, since each ticket has its own lifetime`],
    [
      "max_age",
      !max_age || max_age >= maxHold * NANOS,
      `0, or ${maxHold * NANOS} or more, else locks end before "maxHold"`,
    ],
    ["allow_direct", allow_direct, "true, since a queue is read by direct gets"],
    ["republish", republishedAs(subjectOf(name, ">"), republish), `$KV.${bucket}.> with values, which wakes waiters`],
    ["allow_rollup_hdrs", !allow_rollup_hdrs, "false, else a client that may write one key can remove all tickets"],
  ] as const;
  const [setting, , wanted] = rules.find(([, holds]) => !holds) ?? [];
  return setting === undefined || wanted === undefined
    ? null
    : { bucket, setting, value: config[setting] ?? null, wanted };
}

/**
 * TTL of a release marker in milliseconds, and the first server version on which it is used. Before that version, a
 * marker with its own TTL leaves a second marker when it expires.
 */
const MARKER_TTL = 1000;
const MARKER_TTL_SINCE = "2.11.7";

/** Returns what a config means for locks. `epoch` identifies the stream, `version` is that of the server. */
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
  const lack = (key: string, size: number) => roomProblems(config, key, size)[0] ?? null;
  const unfitForQueues = (maxHold: number) => queueProblem({ max_age, ...config }, version, maxHold);
  const known = { epoch, ttl, perKeyTtl, markerTtl, server: version, republish, rollups, config: relevant };
  return { ...known, lack, unfitForQueues };
}
