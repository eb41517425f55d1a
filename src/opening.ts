/**
 * What a Locker is built on: given, or opened for it.
 *
 * @module
 */

import { newKeyValue, requireBucket } from "./bucket.ts";
import type { Connection, KvHandle } from "./bucket_handle.ts";
import { candidateOf } from "./candidate.ts";
import { type Clock, SystemClock } from "./clock.ts";
import { connectForLocks } from "./connection.ts";
import { BadParameterError } from "./errors.ts";
import { KvStore } from "./kv_store.ts";
import type { LockerOptions, OpenOptions, StoreLockerOptions } from "./locker_options.ts";
import { type Random, systemRandom } from "./random.ts";
import type { LeaseStore } from "./store.ts";

/** Where a Locker keeps its leases, and its time and chance. */
export interface LockerGround {
  readonly store: LeaseStore;
  readonly kv: KvHandle | null;
  readonly clock: Clock;
  readonly random: Random;
}

/** The ground that options name. Sends nothing. */
export function groundOf(options: LockerOptions | StoreLockerOptions): LockerGround {
  if (options && "store" in options) {
    const { store, clock = new SystemClock(), random = systemRandom } = options;
    return { store, kv: null, clock, random };
  }
  const kv = options?.kv;
  return { store: new KvStore(kv), kv, clock: new SystemClock(), random: systemRandom };
}

/** Checks all options, connects, opens the bucket; closes again what it opened if that fails. */
export async function openBucket(
  options: OpenOptions,
): Promise<{ readonly options: LockerOptions; readonly owned: Connection | null }> {
  const { servers, nc: given, bucket, ttl, ...candidate } = options;
  if (given === undefined && (servers === undefined || servers.length === 0)) {
    throw new BadParameterError("servers", `Cannot open a Locker: "servers" or "nc" must be given`);
  }
  requireBucket(bucket, ttl, options);
  candidateOf(candidate, systemRandom);
  const nc = given ?? await connectForLocks(servers ?? [], { ttl, settings: options.connection });
  try {
    const kv = await newKeyValue(nc, bucket, ttl, options);
    const terms = await new KvStore(kv).terms();
    const own = terms.perKeyTtl && ttl >= 1000 && (terms.ttl === null || ttl < terms.ttl);
    return { options: { ...candidate, kv, ...(own ? { ttl } : {}) }, owned: given === undefined ? nc : null };
  } catch (error) {
    if (given === undefined) await nc.close();
    throw error;
  }
}
