/**
 * Options of a Locker, and how they become its store: given by the user, or opened here.
 *
 * How this folder is built. `locker`: the public class. `holder`: both ways to hold, calls and leases. `hold`: one
 * granted lease until its record is gone, `hold_limit` for how long. `waiter` waits for the lock, `key_watcher` tells
 * when to read the key again, `retrier` repeats work after transient errors, `reporter` emits events and log lines.
 * `campaign` is `run()` and `lead()`, `observer` is `observe()`, `health` is `health()`.
 */

import { type BucketOptions, type Connection, newKeyValue, requireBucket } from "../nats/bucket.ts";
import { candidateOf, type CandidateOptions } from "../lease/candidate.ts";
import { type Clock, SystemClock } from "../base/clock.ts";
import type { ConnectionSettings } from "../nats/connection.ts";
import { badParameter, BucketConfigError } from "../base/errors.ts";
import type { KvHandle } from "../nats/kv_handle.ts";
import { storeOf } from "../nats/kv_store.ts";
import { silentLogger } from "../base/logger.ts";
import { type ConnectOptions, openOn, requireConnectable } from "../nats/open.ts";
import { type Random, systemRandom } from "../base/random.ts";
import { warnOfServer } from "../nats/server_version.ts";
import { Contact } from "../store/contact.ts";
import { HeardStore } from "../store/heard_store.ts";
import type { LeaseStore } from "../store/store.ts";
import { holdLimitOf, type HoldLimitOptions } from "./hold_limit.ts";
import { leaseTiming, wholeSeconds } from "../lease/timing.ts";

export type { ConnectionSettings, ConnectOptions };

/** Options of a `Locker`. */
export interface LockerOptions extends CandidateOptions, HoldLimitOptions {
  /** KV handle of the bucket: from `newKeyValue`, or any KV of `@nats-io/kv`. */
  readonly kv: KvHandle;
}

/** Options of a `Locker` on a store other than NATS, for tests. */
export interface StoreLockerOptions extends CandidateOptions, HoldLimitOptions {
  /** Store that keeps the leases. */
  readonly store: LeaseStore;
  /** Source of time. Default: the runtime's clock. */
  readonly clock?: Clock;
  /** Source of random numbers and UUIDs. Default: the runtime's. */
  readonly random?: Random;
}

/** Options of `Locker.open`: how it connects, and how it creates its bucket. */
export interface OpenOptions extends CandidateOptions, HoldLimitOptions, BucketOptions, ConnectOptions {
  /**
   * Lease length in milliseconds, at least 100. A bucket that is created here gets it for all its locks. In an existing
   * bucket that keeps records for longer, only this lock gets it: rounded down to whole seconds, at least 1,000, and
   * only with server 2.11 or later. `Locker.open` rejects if the bucket cannot give it.
   */
  readonly ttl: number;
}

/** What a Locker runs on: its store, its clock and its source of random numbers. */
export interface LockerBackend extends Required<Pick<StoreLockerOptions, "clock" | "random">> {
  readonly store: HeardStore;
  readonly kv: KvHandle | null;
}

/**
 * Returns the backend that the options name. Sends nothing.
 * @throws {BadParameterError} if there is none, or if the key is one of the sessions and queues of a `LockManager`
 */
export function backendOf(options: Partial<LockerOptions & StoreLockerOptions>): LockerBackend {
  const key: unknown = options?.key;
  if (`${key}`.startsWith("=")) {
    throw badParameter("key", 'one without "=" at its start: those are for LockManager', key);
  }
  const { store, kv, clock = new SystemClock(), random = systemRandom } = options ?? {};
  return { store: new HeardStore(store ?? storeOf(kv), new Contact(clock)), kv: kv ?? null, clock, random };
}

/** The shortest lease length that a single lock can have, in milliseconds. */
const SHORTEST_OWN_TTL = 1000;

/** Options for a Locker, and a function that closes the connection made for it; `null` if none was made. */
type Opened = { readonly options: LockerOptions; readonly close: (() => Promise<void>) | null };

/** Checks all options, connects and opens the bucket. If that fails, closes the connection that it made. */
export async function openBucket(options: OpenOptions): Promise<Opened> {
  const { servers: _servers, nc: _nc, connection: _connection, signal: _signal, ...rest } = options;
  const { bucket, ttl, ...candidate } = rest;
  requireConnectable(options);
  requireBucket(bucket, ttl, options);
  holdLimitOf(options);
  leaseTiming(ttl, candidateOf(candidate, systemRandom).timing);
  const { opened, close } = await openOn(options, ttl, (nc) => setUp(nc, options));
  return { options: { ...candidate, ...opened }, close };
}

/**
 * Opens the bucket. Returns it, and the lock's own lease length if it needs one.
 * @throws {BucketConfigError} if the bucket cannot give `ttl`
 */
async function setUp(nc: Connection, options: OpenOptions): Promise<Pick<LockerOptions, "kv" | "ttl">> {
  const { bucket, ttl, timing, logger = silentLogger } = options;
  warnOfServer(nc, logger);
  // Silent: a bucket with another lease length is refused below, or its lease length does not matter.
  const kv = await newKeyValue(nc, bucket, ttl, { ...options, logger: silentLogger });
  const settings = await storeOf(kv).settings();
  const kept = settings.ttl ?? Infinity;
  // The server stores whole nanoseconds, so its value can differ from `ttl` by less than 1 ms.
  if (Math.abs(kept - ttl) < 1) return { kv };
  if (!settings.perKeyTtl || ttl < SHORTEST_OWN_TTL || ttl > kept) {
    const range = settings.perKeyTtl && kept > SHORTEST_OWN_TTL ? `${SHORTEST_OWN_TTL} to ${kept}` : `${kept}`;
    const lacking = settings.perKeyTtl
      ? ""
      : ` (a lock's own "ttl" needs "allow_msg_ttl", server 2.11; this is ${settings.server})`;
    const wanted = `the given "ttl", ${ttl} ms: use a "ttl" of ${range}${lacking}, or change the bucket`;
    throw new BucketConfigError({ bucket, setting: "max_age", value: kept, wanted });
  }
  leaseTiming(wholeSeconds(ttl), timing);
  return { kv, ttl };
}
