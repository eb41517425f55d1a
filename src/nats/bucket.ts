/** Opens buckets for locks, and creates them. */

import { jetstream, type StorageType, type StreamConfig } from "@nats-io/jetstream";
import { Kvm } from "@nats-io/kv";
import { nanos, type NatsConnection } from "@nats-io/nats-core";
import { settingsOf, SMALLEST_RECORD } from "./bucket_rules.ts";
import { badParameter } from "../base/errors.ts";
import type { BucketConfig } from "./bucket_settings.ts";
import type { KvHandle } from "./kv_handle.ts";
import { storeOf } from "./kv_store.ts";
import { type Logger, silentLogger, writeLog } from "../base/logger.ts";
import { isAtLeast, OWN_TTL_SINCE, warnOfServer } from "./server_version.ts";
import { requireBucketTtl } from "../lease/timing.ts";

/**
 * An open NATS connection, made by `@nats-io/nats-core`, `@nats-io/transport-node`, `@nats-io/transport-deno` or
 * `nats.ws` 1.30. Only its shape is typed, because an application may load another copy of the client than this library
 * does.
 */
export interface Connection {
  /** Sends a request and resolves to the reply. */
  request(subject: string, payload?: never, options?: never): Promise<unknown>;
  /** Reports whether the connection is closed for good. */
  isClosed(): boolean;
  /** Closes the connection. */
  close(): Promise<void>;
}

/** Options of {@linkcode newKeyValue}: how to create the bucket. An existing bucket keeps its own settings. */
export interface BucketOptions {
  /**
   * Number of replicas: 1, 3 or 5. Default: 1. Use 3 for locks that matter: with 1, no lock can be taken or renewed
   * while that server is down.
   */
  readonly replicas?: number;
  /** Where the servers store the records. Default: `"file"`. `"memory"` loses them if all replicas are down at once. */
  readonly storage?: "file" | "memory";
  /**
   * Prefix of the subjects on which the server republishes each change, as `<prefix>.<bucket>.<key>`. Waiting and
   * observing then need no consumer. Default: `"natslock"`. `null` turns republishing off.
   */
  readonly republish?: string | null;
  /**
   * Whether a write may ask the server to remove other messages (`Nats-Rollup`). Default: true, because `kv.purge()`
   * and releases by the Go package natslock need it. Use false if candidates do not trust each other: with true, a
   * client that may write one key can empty the bucket.
   *
   * @example A bucket for candidates that do not trust each other
   * ```ts ignore
   * import { wsconnect } from "@nats-io/nats-core";
   * import { Locker, newKeyValue } from "@x/natslock";
   *
   * const nc = await wsconnect({ servers: "ws://127.0.0.1:8080" });
   * const kv = await newKeyValue(nc, "tenants", 15_000, { rollups: false });
   * await new Locker({ kv, key: "tenant-7" }).run((lease) => console.log(lease.token));
   * await kv.purge("tenant-7").catch((error: Error) => console.log(error.message)); // refused: it asks for a roll-up
   * await nc.close();
   * ```
   */
  readonly rollups?: boolean;
  /**
   * Size limit of the bucket in bytes. It must have room for one record, or for two if `replicas` is above 1. Set it if
   * the account requires a limit. A record takes about 300 bytes, or up to 1,700 with a long name and `meta`. A full
   * bucket refuses new locks until other records have expired. Default: no limit.
   */
  readonly maxBytes?: number;
  /** Description of the bucket for people, at most 4,096 bytes. Default: none. */
  readonly description?: string;
  /** Metadata for people and tools. Names that begin with `_nats` are reserved for the server. Default: none. */
  readonly metadata?: Readonly<Record<string, string>>;
  /** Which servers may store the bucket: those of `cluster`, and those that have all of `tags`. Default: any. */
  readonly placement?: { readonly cluster?: string; readonly tags?: readonly string[] };
  /** Prefix of the JetStream API subjects, if it is that of a domain or another account. Default: `"$JS.API"`. */
  readonly apiPrefix?: string;
  /** Receives warnings. Default: warnings are dropped. */
  readonly logger?: Logger;
}

/**
 * Opens a bucket for locks, and creates it if it does not exist.
 *
 * A new bucket keeps one revision of each key for `ttl`, refuses to delete single messages, lets each lock have its own
 * lease length (server 2.11 and later), and republishes changes on `natslock.<bucket>.>`. It has no expiry markers,
 * because a marker can delete a renewal that was acknowledged. An existing bucket is checked and returned unchanged. A
 * different `ttl` of an existing bucket is logged as a warning.
 *
 * If the user may not read the settings of the bucket, they are assumed to be the requested ones. That is enough to
 * observe. The first write then rejects with the server's refusal.
 *
 * Waits for one to three replies, at most 5 s each, and cannot be cancelled. If it rejects, the bucket may have been
 * created; nothing else is left behind.
 *
 * @param nc an open connection of `@nats-io/nats-core`, or of a client with the same shape, such as `nats.ws`
 * @param name name of the bucket: letters, digits, `-` and `_`
 * @param ttl lease length in milliseconds, at least 100
 * @param options how to create the bucket
 * @example Two locks on one connection
 * ```ts ignore
 * import { wsconnect } from "@nats-io/nats-core";
 * import { Locker, newKeyValue } from "@x/natslock";
 *
 * const nc = await wsconnect({ servers: "ws://127.0.0.1:8080" });
 * const kv = await newKeyValue(nc, "locks", 15_000, { storage: "memory", apiPrefix: "$JS.API" });
 * const [reports, invoices] = [new Locker({ kv, key: "reports" }), new Locker({ kv, key: "invoices" })];
 * console.log(await reports.acquireLead(), await invoices.acquireLead());
 * await Promise.all([reports.close(), invoices.close()]);
 * await nc.close();
 * ```
 * @returns the KV handle of the bucket, for {@linkcode Locker}
 * @throws {BadParameterError} if a parameter is out of range; no message has been sent then
 * @throws {BucketConfigError} if the bucket exists and has a setting with which locks are not safe
 * @throws {ConnectionError} if NATS is unreachable or refuses a request
 */
export async function newKeyValue(
  nc: Connection,
  name: string,
  ttl: number,
  options: BucketOptions = {},
): Promise<KvHandle> {
  if (typeof nc?.request !== "function" || typeof nc.isClosed !== "function") {
    throw badParameter("nc", "an open NATS connection", nc);
  }
  requireBucket(name, ttl, options);
  // The client accepts any connection of this shape. Only the types of two copies of the client differ.
  const { apiPrefix, logger = silentLogger } = options;
  const js = jetstream(nc as NatsConnection, apiPrefix === undefined ? {} : { apiPrefix });
  const kv = await new Kvm(js).open(name);
  const settings = await storeOf(kv).settings({ fresh: true, create: lockBucket(name, ttl, options) });
  warnOfServer(nc, logger);
  const { ttl: found, server = "" } = settings;
  if (found !== ttl) {
    // Before server 2.11, a lock cannot have its own lease length. The log line says so.
    const lacking = isAtLeast(server, OWN_TTL_SINCE) ? {} : { server, ownLeaseLengthSince: OWN_TTL_SINCE };
    const about = { bucket: name, asked: ttl, found, ...lacking };
    writeLog(logger, "warn", `Bucket "${name}" has another lease length than requested`, about);
  }
  return kv;
}

/**
 * Checks the arguments of {@linkcode newKeyValue}.
 * @throws {BadParameterError} if one of them is out of range
 */
export function requireBucket(name: string, ttl: number, options: BucketOptions): void {
  const { replicas = 1, maxBytes, description = "", metadata = {}, placement = {} } = options;
  if (typeof name !== "string" || !/^[-\w]{1,252}$/.test(name)) {
    throw badParameter("name", 'a bucket name of at most 252 letters, digits, "-" and "_"', name);
  }
  requireBucketTtl(ttl);
  if (![1, 3, 5].includes(replicas)) throw badParameter("replicas", "1, 3 or 5", replicas);
  const { cluster = "", tags = [] } = placement ?? {};
  const checks = [
    ["description", areStrings([description]), "a string", description],
    ["metadata", areStrings(metadata), "an object of strings", metadata],
    [
      "placement",
      placement && Array.isArray(tags) && areStrings([cluster, ...tags]),
      "a cluster or tag list",
      placement,
    ],
  ] as const;
  for (const [field, holds, wanted, value] of checks) if (!holds) throw badParameter(field, wanted, value);
  if (maxBytes === undefined) return;
  if (!Number.isSafeInteger(maxBytes) || maxBytes <= 0) throw badParameter("maxBytes", "an integer above 0", maxBytes);
  const problem = settingsOf(lockBucket(name, ttl, options), "").lack("k", SMALLEST_RECORD);
  if (problem) throw badParameter("maxBytes", problem.wanted, maxBytes);
}

const areStrings = (values: object | null): boolean =>
  values !== null && Object.values(values).every((value) => typeof value === "string");

function lockBucket(name: string, ttl: number, options: BucketOptions): BucketConfig {
  const { replicas = 1, storage = "file", republish = "natslock", rollups = true } = options;
  const src = `$KV.${name}.>`;
  const place = { name: `KV_${name}`, subjects: [src], num_replicas: replicas, storage: storage as StorageType };
  const keeping = { max_msgs_per_subject: 1, max_age: nanos(ttl), discard: "new" as StreamConfig["discard"] };
  // A server before 2.11 ignores `allow_msg_ttl`. The settings that are read back show whether it is on.
  const rights = { deny_delete: true, allow_rollup_hdrs: rollups, allow_direct: true, allow_msg_ttl: true };
  const repeating = republish === null ? {} : { republish: { src, dest: `${republish}.${name}.>` } };
  const { maxBytes, description, metadata, placement } = options;
  const given = Object.entries({ max_bytes: maxBytes, description, metadata, placement });
  const asked = Object.fromEntries(given.filter(([, value]) => value !== undefined));
  return { ...place, ...keeping, ...rights, ...repeating, ...asked };
}
