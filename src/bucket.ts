/**
 * Buckets made for locks.
 *
 * @module
 */

import type { StorageType, StreamConfig } from "@nats-io/jetstream";
import { Kvm } from "@nats-io/kv";
import { nanos, type NatsConnection } from "@nats-io/nats-core";
import type { Connection } from "./connection.ts";
import { badParameter } from "./errors.ts";
import { type KvHandle, storeOf } from "./kv_store.ts";
import { type Logger, silentLogger } from "./logger.ts";
import { requireBucketTtl } from "./timing.ts";

/** How {@linkcode newKeyValue} makes a bucket that does not exist yet. */
export interface BucketOptions {
  /** Copies of the bucket: 1, 3 or 5, never 2. Default: 1. Use 3 for locks that matter. */
  readonly replicas?: number;
  /** Where the bucket lives. Default: `"file"`. */
  readonly storage?: "file" | "memory";
  /** The server repeats each change on `<prefix>.<bucket>.>`, so that watching needs no consumer. Default: `"natslock"`; `null` = none. */
  readonly republish?: string | null;
  /** Where warnings go. Default: nowhere. */
  readonly logger?: Logger;
}

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
  if (typeof connection?.request !== "function" || typeof connection.isClosed !== "function") {
    throw badParameter("nc", "an open NATS connection", connection);
  }
  requireBucket(name, ttl, options);
  // The client takes any connection of that shape; another copy's type differs.
  const kv = await new Kvm(connection as NatsConnection).open(name);
  const { ttl: found } = await storeOf(kv).ensure(lockBucket(name, ttl, options));
  if (found !== ttl) {
    const { logger = silentLogger } = options;
    logger.warn(`Bucket "${name}" keeps another lease length than asked for`, { bucket: name, asked: ttl, found });
  }
  return kv;
}

/**
 * Checks what {@linkcode newKeyValue} is given.
 *
 * @throws {BadParameterError} if a parameter is out of range
 */
export function requireBucket(name: string, ttl: number, { replicas = 1 }: BucketOptions): void {
  if (typeof name !== "string" || !/^[-\w]+$/.test(name)) {
    throw badParameter("name", 'letters, digits, "-" and "_"', name);
  }
  requireBucketTtl(ttl);
  if (![1, 3, 5].includes(replicas)) throw badParameter("replicas", "1, 3 or 5", replicas);
}

function lockBucket(name: string, ttl: number, options: BucketOptions): Partial<StreamConfig> & { name: string } {
  const { replicas = 1, storage = "file", republish = "natslock" } = options;
  const src = `$KV.${name}.>`;
  return {
    name: `KV_${name}`,
    subjects: [src],
    storage: storage as StorageType,
    num_replicas: replicas,
    max_msgs_per_subject: 1,
    max_age: nanos(ttl),
    discard: "new" as StreamConfig["discard"],
    deny_delete: true,
    allow_rollup_hdrs: true,
    allow_direct: true,
    // A server before 2.11 passes over this: whether it is on is read from the bucket.
    allow_msg_ttl: true,
    ...(republish === null ? {} : { republish: { src, dest: `${republish}.${name}.>` } }),
  };
}
