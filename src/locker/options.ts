/** How a Locker is made, and what it is built on: given, or opened for it. */

import { type BucketOptions, type Connection, newKeyValue, requireBucket } from "../nats/bucket.ts";
import { candidateOf, type CandidateOptions } from "../lease/candidate.ts";
import { type Clock, SystemClock } from "../base/clock.ts";
import {
  closeSoon,
  connect,
  type ConnectionSettings,
  longestConnect,
  requireAddresses,
  requireWebSocket,
} from "../nats/connection.ts";
import { BadParameterError, BucketConfigError, ConnectionError } from "../base/errors.ts";
import { type KvHandle, storeOf } from "../nats/kv_store.ts";
import { silentLogger } from "../base/logger.ts";
import { WaitScope } from "../base/wait.ts";
import { type Random, systemRandom } from "../base/random.ts";
import { warnOfServer } from "../nats/server_version.ts";
import type { LeaseStore } from "../store/store.ts";
import { leaseTiming, wholeSeconds } from "../lease/timing.ts";

export type { ConnectionSettings };

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
  /**
   * Passed on to `wsconnect`: credentials and the like. With `waitOnFirstConnect`, only `signal` ends a wait for servers
   * that cannot be reached.
   */
  readonly connection?: ConnectionSettings;
  /** An open connection to use instead; it stays open when the Locker is closed. */
  readonly nc?: Connection;
  /** Name of the bucket; made if it does not exist. */
  readonly bucket: string;
  /**
   * Lease length in milliseconds, at least 100. A bucket that is made here gets it for all its locks. In a bucket that
   * keeps records longer this lock alone gets it, cut to whole seconds, if the server is 2.11 or later. A bucket that
   * cannot give it is refused.
   */
  readonly ttl: number;
  /** Ends the opening when aborted, with the signal's own reason. Once it is open, the signal has no effect. */
  readonly signal?: AbortSignal;
}

/** Where a Locker keeps its leases, and its time and chance. */
export interface LockerBackend extends Required<Pick<StoreLockerOptions, "store" | "clock" | "random">> {
  readonly kv: KvHandle | null;
}

/** The backend that options name. Sends nothing. */
export function backendOf(options: Partial<LockerOptions & StoreLockerOptions>): LockerBackend {
  const { store, kv, clock = new SystemClock(), random = systemRandom } = options ?? {};
  return { store: store ?? storeOf(kv), kv: kv ?? null, clock, random };
}

/** Longest wait for all answers about the bucket, in milliseconds. */
const LONGEST_SETUP = 10_000;

/** The shortest lease that a lock can have of its own, in milliseconds. */
const SECOND = 1000;

/** Options for a Locker, and what closes the connection that was made for it; `null` if none was. */
type Opened = { readonly options: LockerOptions; readonly close: (() => Promise<void>) | null };

/** Checks all options, connects, opens the bucket; closes again what it opened if that fails. */
export async function openBucket(options: OpenOptions): Promise<Opened> {
  const { servers = [], nc: given, bucket, ttl, connection: settings, signal: outer, ...candidate } = options;
  const addresses = given ? [] : [servers].flat();
  if (!given && addresses.length === 0) {
    throw new BadParameterError("servers", `Cannot open a Locker: "servers" or "nc" must be given`);
  }
  requireAddresses(addresses);
  if (!given) requireWebSocket(settings);
  requireBucket(bucket, ttl, options);
  leaseTiming(ttl, candidateOf(candidate, systemRandom).timing);
  const clock = new SystemClock();
  const late = new AbortController();
  const scope = new WaitScope(outer, late.signal);
  const { ended, signal } = scope;
  const limit = longestConnect(addresses, settings) + LONGEST_SETUP;
  const error = new ConnectionError("timeout", `Cannot open bucket "${bucket}" within ${limit} ms`);
  const cancel = limit < Infinity ? clock.after(limit, () => late.abort(error)) : () => {};
  const connecting = given ? Promise.resolve(given) : connect({ addresses, ttl, settings, clock, signal });
  try {
    const nc = await Promise.race([ended, connecting]);
    const opened = await Promise.race([ended, setUp(nc, options)]);
    return { options: { ...candidate, ...opened }, close: given ? null : () => closeSoon(nc, clock) };
  } catch (error) {
    const closed = given ? null : connecting.then((nc) => closeSoon(nc, clock), () => {});
    if (!signal.aborted) await closed;
    throw error;
  } finally {
    cancel();
    scope[Symbol.dispose]();
  }
}

/** The bucket, and the lock's own lease length if it needs one. @throws {BucketConfigError} if it cannot have `ttl` */
async function setUp(nc: Connection, options: OpenOptions): Promise<Pick<LockerOptions, "kv" | "ttl">> {
  const { bucket, ttl, timing, logger = silentLogger } = options;
  warnOfServer(nc, logger);
  // A bucket of another lease length is refused below, or does not matter.
  const kv = await newKeyValue(nc, bucket, ttl, { ...options, logger: silentLogger });
  const settings = await storeOf(kv).settings();
  const kept = settings.ttl ?? Infinity;
  // The server counts in whole nanoseconds.
  if (Math.abs(kept - ttl) < 1) return { kv };
  if (!settings.perKeyTtl || ttl < SECOND || ttl > kept) {
    const range = settings.perKeyTtl && kept > SECOND ? `${SECOND} to ${kept}` : `${kept}`;
    const lacking = settings.perKeyTtl
      ? ""
      : ` (a lock's own needs "allow_msg_ttl", since server 2.11; this is ${settings.server})`;
    const wanted = `the "ttl" asked for, ${ttl} ms: use a "ttl" of ${range}${lacking}, or change the bucket`;
    throw new BucketConfigError({ bucket, setting: "max_age", value: kept, wanted });
  }
  leaseTiming(wholeSeconds(ttl), timing);
  return { kv, ttl };
}
