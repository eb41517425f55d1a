/**
 * What a bucket must be like for locks to be safe in it.
 *
 * @module
 */

import type { StreamConfig } from "@nats-io/jetstream";
import { BucketConfigError } from "./errors.ts";

interface Rule {
  /** The setting, as the server spells it. */
  readonly setting: keyof StreamConfig;
  readonly wanted: string;
  readonly holds: (config: StreamConfig) => boolean;
}

const RULES: readonly Rule[] = [
  {
    setting: "max_msgs_per_subject",
    wanted: "1 (history 1), else an expired record uncovers an older one",
    holds: (config) => config.max_msgs_per_subject === 1,
  },
  {
    setting: "max_age",
    wanted: "the lease length, or allow_msg_ttl on, else the lock of a crashed holder is never free again",
    holds: (config) => config.max_age > 0 || config.allow_msg_ttl === true,
  },
  {
    setting: "subject_delete_marker_ttl",
    wanted: "unset, since expiry markers can wipe an acknowledged renewal",
    holds: (config) => !config.subject_delete_marker_ttl,
  },
  {
    setting: "num_replicas",
    wanted: "1, 3 or 5, since two copies are no majority",
    holds: (config) => config.num_replicas !== 2,
  },
  { setting: "mirror", wanted: "unset, since a mirror is not written to", holds: (config) => !config.mirror },
  {
    setting: "sources",
    wanted: "unset, since copied messages pass by the condition that every write here has",
    holds: (config) => !config.sources?.length,
  },
  {
    setting: "retention",
    wanted: '"limits", since other policies remove records that are read',
    holds: (config) => config.retention === "limits",
  },
  {
    setting: "discard",
    wanted: '"new" where the bucket has a size limit, else a full bucket drops live leases',
    holds: (config) =>
      config.discard === "new" ||
      (config.max_bytes <= 0 && config.max_msgs <= 0),
  },
  {
    setting: "discard_new_per_subject",
    wanted: "false, else a renewal is refused since its key is full",
    holds: (config) => !config.discard_new_per_subject,
  },
  { setting: "no_ack", wanted: "false, since only an answer proves a hold", holds: (config) => !config.no_ack },
  { setting: "sealed", wanted: "false, since a sealed bucket takes no write", holds: (config) => !config.sealed },
  {
    setting: "persist_mode",
    wanted: '"default", since "async" acknowledges what may be lost',
    holds: (config) => config.persist_mode !== "async",
  },
  {
    setting: "allow_rollup_hdrs",
    wanted: "true, since a release is a purge of its key",
    holds: (config) => config.allow_rollup_hdrs === true,
  },
];

/**
 * Holds a bucket's settings against the rules.
 *
 * @throws {BucketConfigError} for the first rule that is broken
 */
export function checkBucket(bucket: string, config: StreamConfig): void {
  for (const { setting, wanted, holds } of RULES) {
    if (!holds(config)) {
      throw new BucketConfigError({ bucket, setting, value: config[setting] ?? null, wanted });
    }
  }
}
