/**
 * Buckets fit for locks: made, opened, checked.
 *
 * @module
 */

import type { StorageType, StreamConfig } from "@nats-io/jetstream";
import { Kvm } from "@nats-io/kv";
import { nanos, type NatsConnection } from "@nats-io/nats-core";
import { bucketOf, type Connection, isServerSince, type KvHandle } from "./bucket_handle.ts";
import { BadParameterError, show } from "./errors.ts";
import { type Logger, silentLogger } from "./logger.ts";
import { requireBucketTtl } from "./timing.ts";

/** How {@linkcode newKeyValue} makes a bucket that does not exist yet. */
export interface BucketOptions {
  /** Copies of the bucket: 1, 3 or 5, never 2. Default: 1. Use 3 for locks that matter. */
  readonly replicas?: number;
  /** Where the bucket lives. Default: `"file"`. */
  readonly storage?: "file" | "memory";
  /**
   * Prefix of the subjects on which the server repeats each change, so that watching needs no consumer. Default:
   * `"natslock"`; `null` = none.
   */
  readonly republish?: string | null;
  /** Where warnings go. Default: nowhere. */
  readonly logger?: Logger;
}

const BUCKET_NAME = /^[-\w]+$/;

/** Per-key lease lengths came with this server (nats-facts 1). */
const PER_KEY_TTL_SINCE = [2, 11, 0] as const;

/**
 * Opens a bucket for locks; makes it if it does not exist.
 *
 * A bucket made here keeps one revision of each key for `ttl`, refuses deletion of single messages, lets a lock have a
 * lease length of its own (server 2.11 and later), repeats changes on `natslock.<bucket>.>`, and has no expiry markers:
 * with those, an acknowledged renewal can be wiped. A bucket that exists is returned as it is, after a check.
 *
 * Waits for one or two answers, at most 5 s each; it cannot be cancelled and leaves nothing behind but the bucket.
 *
 * @param connection an open connection, of `@nats-io/nats-core` or any that has its shape, such as `nats.ws`
 * @param name letters, digits, `-` and `_`
 * @param ttl lease length in milliseconds, at least 100
 * @param options how to make the bucket
 * @returns the store, for {@linkcode Locker}
 * @throws {BadParameterError} before any message, if a parameter is out of range
 * @throws {BucketConfigError} if the bucket exists with a setting that breaks safety
 * @throws {ConnectionError} if NATS is unreachable or refuses
 *
 * @example Open the bucket of an application
 * ```ts ignore
 * import { wsconnect } from "@nats-io/nats-core";
 * import { newKeyValue } from "@x/natslock";
 *
 * const nc = await wsconnect({ servers: "ws://127.0.0.1:8080" });
 * const kv = await newKeyValue(nc, "locks", 15_000, { storage: "memory" });
 * console.log(await kv.status());
 * await nc.close();
 * ```
 */
export async function newKeyValue(
  connection: Connection,
  name: string,
  ttl: number,
  options: BucketOptions = {},
): Promise<KvHandle> {
  const nc = requireConnection(connection);
  requireBucket(name, ttl, options);
  const config = { name, ttl, perKeyTtl: isServerSince(nc, PER_KEY_TTL_SINCE) };
  const kv = await new Kvm(nc).open(name);
  const terms = await bucketOf(kv).ensure(lockBucketConfig(config, options));
  if (terms.ttl !== ttl) {
    (options.logger ?? silentLogger).warn(
      `Bucket "${name}" keeps another lease length than asked for`,
      {
        bucket: name,
        asked: ttl,
        found: terms.ttl,
      },
    );
  }
  return kv;
}

/**
 * Checks what {@linkcode newKeyValue} is given, before any message.
 *
 * @throws {BadParameterError} if a parameter is out of range
 */
export function requireBucket(name: string, ttl: number, options: BucketOptions): void {
  requireBucketName(name);
  requireBucketTtl(ttl);
  const { replicas = 1 } = options;
  if ([1, 3, 5].includes(replicas)) return;
  throw new BadParameterError("replicas", `Cannot use "replicas": must be 1, 3 or 5, current value is ${replicas}`);
}

function lockBucketConfig(
  bucket: { name: string; ttl: number; perKeyTtl: boolean },
  options: BucketOptions,
) {
  const { replicas = 1, storage = "file", republish = "natslock" } = options;
  const { name, ttl, perKeyTtl } = bucket;
  const subject = `$KV.${name}.>`;
  return {
    name: `KV_${name}`,
    subjects: [subject],
    storage: storage as StorageType,
    num_replicas: replicas,
    max_msgs_per_subject: 1,
    max_age: nanos(ttl),
    discard: "new" as StreamConfig["discard"],
    deny_delete: true,
    allow_rollup_hdrs: true,
    allow_direct: true,
    ...(perKeyTtl ? { allow_msg_ttl: true } : {}),
    ...(republish === null ? {} : { republish: { src: subject, dest: `${republish}.${name}.>` } }),
  };
}

/** The client takes any connection of its shape; that it has it is checked here, since another copy's type differs. */
function requireConnection(nc: Connection): NatsConnection {
  if (typeof nc?.request === "function" && typeof nc.isClosed === "function") return nc as NatsConnection;
  throw new BadParameterError("nc", `Cannot use "nc": must be an open NATS connection, current value is ${show(nc)}`);
}

function requireBucketName(name: string): void {
  if (typeof name === "string" && BUCKET_NAME.test(name)) return;
  throw new BadParameterError(
    "name",
    `Cannot use "name" as a bucket: must be letters, digits, "-" and "_", current value is ${show(name)}`,
  );
}
