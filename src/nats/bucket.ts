/** Buckets made for locks. */

import { jetstream, type StorageType, type StreamConfig } from "@nats-io/jetstream";
import { Kvm } from "@nats-io/kv";
import { nanos, type NatsConnection } from "@nats-io/nats-core";
import { settingsOf, SMALLEST_RECORD } from "./bucket_rules.ts";
import { badParameter } from "../base/errors.ts";
import type { BucketConfig } from "./bucket_settings.ts";
import { type KvHandle, storeOf } from "./kv_store.ts";
import { type Logger, silentLogger, writeLog } from "../base/logger.ts";
import { isAtLeast, OWN_TTL_SINCE, warnOfServer } from "./server_version.ts";
import { requireBucketTtl } from "../lease/timing.ts";

/**
 * An open NATS connection: of `@nats-io/nats-core`, `@nats-io/transport-node` or `-deno`, or `nats.ws` 1.30. Only its
 * shape is asked for, since an application may carry another copy of the client than this library.
 */
export interface Connection {
  /** Sends a request and resolves to its answer. */
  request(subject: string, payload?: never, options?: never): Promise<unknown>;
  /** True once the connection is closed for good. */
  isClosed(): boolean;
  /** Closes the connection. */
  close(): Promise<void>;
}

/** How {@linkcode newKeyValue} makes a bucket that does not exist yet. */
export interface BucketOptions {
  /** Copies of the bucket: 1, 3 or 5, never 2. Default: 1. Use 3 for locks that matter. */
  readonly replicas?: number;
  /** Where the bucket lives. Default: `"file"`. */
  readonly storage?: "file" | "memory";
  /** Prefix of subjects on which the server repeats each change: watched without a consumer. Default: `"natslock"`; `null`: none. */
  readonly republish?: string | null;
  /**
   * Whether a write may ask for other messages to be removed (`Nats-Rollup`). Default: true, as `kv.purge()` and the Go
   * package's release need it. Use false where candidates do not trust each other: else whoever may write one key can
   * empty the bucket.
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
   * Most that the bucket may hold, in bytes; at least the room for one record, or for two with `replicas`. Give it where
   * the account asks for a limit. A record takes some 300 bytes, with a long name and `meta` up to 1,700; a bucket that is
   * full refuses further locks until others have run out. Default: no limit.
   */
  readonly maxBytes?: number;
  /** What the bucket is for, for people: at most 4,096 bytes. Default: none. */
  readonly description?: string;
  /** Fields for people and tools; names that begin with `_nats` are the server's. Default: none. */
  readonly metadata?: Readonly<Record<string, string>>;
  /** Which servers may keep the bucket: those of a cluster, those that have all of the tags. Default: any. */
  readonly placement?: { readonly cluster?: string; readonly tags?: readonly string[] };
  /** What the subjects of JetStream begin with, where they are a domain's or another account's. Default: `"$JS.API"`. */
  readonly apiPrefix?: string;
  /** Where warnings go. Default: nowhere. */
  readonly logger?: Logger;
}

/**
 * Opens a bucket for locks; makes it if it does not exist.
 *
 * A bucket made here keeps one revision of each key for `ttl`, refuses deletion of single messages, lets a lock have a
 * lease length of its own (server 2.11 and later), repeats changes on `natslock.<bucket>.>`, and has no expiry markers:
 * with those, an acknowledged renewal can be wiped. A bucket that exists is returned as it is, after a check. If the
 * right to read its settings is lacking, it is taken for what is asked for here: that is enough to observe, and the first
 * write rejects with the refusal.
 *
 * Waits for one or two answers, at most 5 s each; it cannot be cancelled and leaves nothing behind but the bucket.
 *
 * @param nc an open connection, of `@nats-io/nats-core` or any that has its shape, such as `nats.ws`
 * @param name letters, digits, `-` and `_`
 * @param ttl lease length in milliseconds, at least 100
 * @param options how to make the bucket
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
 * @returns the store, for {@linkcode Locker}
 * @throws {BadParameterError} before any message, if a parameter is out of range
 * @throws {BucketConfigError} if the bucket exists with a setting that breaks safety
 * @throws {ConnectionError} if NATS is unreachable or refuses
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
  // The client takes any connection of that shape; another copy's type differs.
  const { apiPrefix, logger = silentLogger } = options;
  const js = jetstream(nc as NatsConnection, apiPrefix === undefined ? {} : { apiPrefix });
  const kv = await new Kvm(js).open(name);
  const settings = await storeOf(kv).settings({ fresh: true, make: lockBucket(name, ttl, options) });
  warnOfServer(nc, logger);
  const { ttl: found, server = "" } = settings;
  if (found !== ttl) {
    // A newer server would let each lock have the length that was asked for.
    const lacking = isAtLeast(server, OWN_TTL_SINCE) ? {} : { server, ownLeaseLengthSince: OWN_TTL_SINCE };
    const about = { bucket: name, asked: ttl, found, ...lacking };
    writeLog(logger, "warn", `Bucket "${name}" keeps another lease length than asked for`, about);
  }
  return kv;
}

/** @throws {BadParameterError} if what {@linkcode newKeyValue} is given is out of range */
export function requireBucket(name: string, ttl: number, options: BucketOptions): void {
  const { replicas = 1, maxBytes, description = "", metadata = {}, placement = {} } = options;
  if (typeof name !== "string" || !/^[-\w]+$/.test(name)) {
    throw badParameter("name", 'a bucket name of letters, digits, "-" and "_"', name);
  }
  requireBucketTtl(ttl);
  if (![1, 3, 5].includes(replicas)) throw badParameter("replicas", "1, 3 or 5", replicas);
  const { cluster = "", tags = [] } = placement ?? {};
  const checks = [
    ["description", areTexts([description]), "text", description],
    ["metadata", areTexts(metadata), "an object of texts", metadata],
    ["placement", placement && Array.isArray(tags) && areTexts([cluster, ...tags]), "a cluster or tags", placement],
  ] as const;
  for (const [field, holds, wanted, value] of checks) if (!holds) throw badParameter(field, wanted, value);
  if (maxBytes === undefined) return;
  if (!Number.isSafeInteger(maxBytes) || maxBytes <= 0) throw badParameter("maxBytes", "whole bytes above 0", maxBytes);
  const problem = settingsOf(lockBucket(name, ttl, options), "").lack("k", SMALLEST_RECORD);
  if (problem) throw badParameter("maxBytes", problem.wanted, maxBytes);
}

const areTexts = (values: object | null): boolean =>
  values !== null && Object.values(values).every((value) => typeof value === "string");

function lockBucket(name: string, ttl: number, options: BucketOptions): BucketConfig {
  const { replicas = 1, storage = "file", republish = "natslock", rollups = true } = options;
  const src = `$KV.${name}.>`;
  const place = { name: `KV_${name}`, subjects: [src], num_replicas: replicas, storage: storage as StorageType };
  const keeping = { max_msgs_per_subject: 1, max_age: nanos(ttl), discard: "new" as StreamConfig["discard"] };
  // A server before 2.11 passes over `allow_msg_ttl`: whether it is on is read from the bucket.
  const rights = { deny_delete: true, allow_rollup_hdrs: rollups, allow_direct: true, allow_msg_ttl: true };
  const repeating = republish === null ? {} : { republish: { src, dest: `${republish}.${name}.>` } };
  const { maxBytes, description, metadata, placement } = options;
  const given = Object.entries({ max_bytes: maxBytes, description, metadata, placement });
  const asked = Object.fromEntries(given.filter(([, value]) => value !== undefined));
  return { ...place, ...keeping, ...rights, ...repeating, ...asked };
}
