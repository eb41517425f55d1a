/** How a Locker is made, and what it is built on: given, or opened for it. */

import { type NatsConnection, wsconnect, type WsConnectionOptions } from "@nats-io/nats-core";
import { type BucketOptions, type Connection, newKeyValue, requireBucket } from "./bucket.ts";
import { candidateOf, type CandidateOptions } from "./candidate.ts";
import { type Clock, SystemClock } from "./clock.ts";
import { badParameter, BadParameterError } from "./errors.ts";
import { type KvHandle, storeOf } from "./kv_store.ts";
import { troubleOf } from "./nats_trouble.ts";
import { type Random, systemRandom } from "./random.ts";
import type { LeaseStore } from "./store.ts";

/**
 * What is passed on to `wsconnect` of `@nats-io/nats-core`: credentials, names, reconnect settings.
 * @internal Documented there.
 */
export type ConnectionSettings = WsConnectionOptions;

/** How a `Locker` is made. */
export interface LockerOptions extends CandidateOptions {
  /** The bucket, from `newKeyValue` or any KV of `@nats-io/kv`. */
  readonly kv: KvHandle;
}

/** How a `Locker` is made on another store than NATS: for tests. */
export interface StoreLockerOptions extends CandidateOptions {
  /** Where the leases are. */
  readonly store: LeaseStore;
  /** Default: the runtime's. */
  readonly clock?: Clock;
  /** Default: the runtime's. */
  readonly random?: Random;
}

/** How `Locker.open` connects and makes its bucket. */
export interface OpenOptions extends CandidateOptions, BucketOptions {
  /** Websocket addresses of the servers. Either this or `nc`. */
  readonly servers?: string | readonly string[];
  /** Passed on to `wsconnect`: credentials and the like. */
  readonly connection?: ConnectionSettings;
  /** An open connection to use instead; it stays open when the Locker is closed. */
  readonly nc?: Connection;
  /** Name of the bucket; made if it does not exist. */
  readonly bucket: string;
  /**
   * Lease length in milliseconds. A bucket that exists keeps its own, and a warning is logged; if this one is shorter, and
   * the server is 2.11 or later, this lock has it all the same.
   */
  readonly ttl: number;
}

/** Where a Locker keeps its leases, and its time and chance. */
export interface LockerGround extends Required<Pick<StoreLockerOptions, "store" | "clock" | "random">> {
  readonly kv: KvHandle | null;
}

/** The ground that options name. Sends nothing. */
export function groundOf(options: Partial<LockerOptions & StoreLockerOptions>): LockerGround {
  const { store, kv, clock = new SystemClock(), random = systemRandom } = options ?? {};
  return { store: store ?? storeOf(kv), kv: kv ?? null, clock, random };
}

/** Checks all options, connects, opens the bucket; closes again what it opened if that fails. */
export async function openBucket(
  options: OpenOptions,
): Promise<{ readonly options: LockerOptions; readonly owned: Connection | null }> {
  const { servers = [], nc: given, bucket, ttl, ...candidate } = options;
  if (!given && servers.length === 0) {
    throw new BadParameterError("servers", `Cannot open a Locker: "servers" or "nc" must be given`);
  }
  requireBucket(bucket, ttl, options);
  candidateOf(candidate, systemRandom);
  const nc = given ?? await connect(options);
  const owned = given ? null : nc;
  try {
    const kv = await newKeyValue(nc, bucket, ttl, options);
    const terms = await storeOf(kv).terms();
    const shorter = terms.perKeyTtl && ttl >= 1000 && ttl < (terms.ttl ?? Infinity);
    return { options: { ...candidate, kv, ...(shorter ? { ttl } : {}) }, owned };
  } catch (error) {
    await owned?.close();
    throw error;
  }
}

/** Never gives up reconnecting, and notices a dead connection within a lease length; the user's settings go before. */
async function connect({ servers = [], ttl, connection }: OpenOptions): Promise<NatsConnection> {
  const addresses = [servers].flat();
  const odd = addresses.find((address) => !/^wss?:\/\//.test(address));
  if (odd !== undefined) throw badParameter("servers", 'ws:// or wss:// (for other transports pass an open "nc")', odd);
  const patience = { maxReconnectAttempts: -1, reconnectTimeWait: 250, reconnectJitter: 250, timeout: 5000 };
  const pings = { pingInterval: Math.min(30_000, Math.max(1000, Math.floor(ttl / 3))), maxPingOut: 2 };
  try {
    return await wsconnect({ ...patience, ...pings, ...connection, servers: addresses });
  } catch (cause) {
    throw troubleOf(cause, `connect to ${addresses.join(", ")}`).error;
  }
}
