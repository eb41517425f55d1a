/** What a bucket must be like for locks to be safe in it, and what it is like. */

import type { StreamConfig } from "@nats-io/jetstream";
import { type BucketComplaint, BucketConfigError } from "./errors.ts";
import { isAtLeast } from "./server_version.ts";
import type { StoreTerms } from "./store.ts";

/** What its settings say of a bucket. */
export interface BucketTerms extends StoreTerms {
  /** What it repeats its changes on. */
  readonly republish: StreamConfig["republish"];
  /** True if a message may ask for others to be removed. */
  readonly rollups: boolean;
}

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
  ["persist_mode", (value) => value !== "async", '"default", since "async" acknowledges what may be lost'],
];

/** Every rule that a bucket's settings break. */
export function bucketComplaints(bucket: string, config: StreamConfig): BucketComplaint[] {
  return RULES.flatMap(([setting, holds, wanted]) => {
    const value = config[setting] ?? null;
    return holds(value, config) ? [] : [{ bucket, setting, value, wanted }];
  });
}

/** @throws {BucketConfigError} for the first rule that a bucket's settings break */
export function checkBucket(bucket: string, config: StreamConfig): void {
  const [complaint] = bucketComplaints(bucket, config);
  if (complaint) throw new BucketConfigError(complaint);
}

const NANOS = 1_000_000;

/** The mark of a release may carry a time of its own, in milliseconds, from this server on (nats-facts 1). */
const MARKER_TTL = 1000;
const MARKER_TTL_SINCE = "2.11.7";

/** What settings mean for locks; `epoch` names the stream, `version` is the server's. */
export function termsOf({ max_age = 0, ...config }: Partial<StreamConfig>, epoch: string, version = ""): BucketTerms {
  const ttl = max_age > 0 ? max_age / NANOS : null;
  const perKeyTtl = config.allow_msg_ttl === true;
  const markerTtl = perKeyTtl && isAtLeast(version, MARKER_TTL_SINCE) ? MARKER_TTL : ttl ?? Infinity;
  const { republish, allow_rollup_hdrs } = config;
  return { epoch, ttl, perKeyTtl, markerTtl, server: version, republish, rollups: allow_rollup_hdrs === true };
}
