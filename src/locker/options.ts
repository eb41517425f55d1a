/** Options of a Locker, and how they become its store: given by the user, or opened here. */

import { type BucketOptions, type Connection, newKeyValue, requireBucket } from "../nats/bucket.ts";
import { candidateOf, type CandidateOptions } from "../lease/candidate.ts";
import { type Clock, SystemClock } from "../base/clock.ts";
import {
  closeWithin,
  connect,
  type ConnectionSettings,
  longestConnect,
  requireAddresses,
  requireWebSocket,
} from "../nats/connection.ts";
import { BadParameterError, BucketConfigError, ConnectionError } from "../base/errors.ts";
import type { KvHandle } from "../nats/kv_handle.ts";
import { storeOf } from "../nats/kv_store.ts";
import { silentLogger } from "../base/logger.ts";
import { WaitScope } from "../base/wait.ts";
import { type Random, systemRandom } from "../base/random.ts";
import { warnOfServer } from "../nats/server_version.ts";
import type { LeaseStore } from "../store/store.ts";
import { leaseTiming, wholeSeconds } from "../lease/timing.ts";

export type { ConnectionSettings };

/** Options of a `Locker`. */
export interface LockerOptions extends CandidateOptions {
  /** KV handle of the bucket: from `newKeyValue`, or any KV of `@nats-io/kv`. */
  readonly kv: KvHandle;
}

/** Options of a `Locker` on a store other than NATS, for tests. */
export interface StoreLockerOptions extends CandidateOptions {
  /** Store that keeps the leases. */
  readonly store: LeaseStore;
  /** Source of time. Default: the runtime's clock. */
  readonly clock?: Clock;
  /** Source of random numbers and UUIDs. Default: the runtime's. */
  readonly random?: Random;
}

/** Options of `Locker.open`: how it connects, and how it creates its bucket. */
export interface OpenOptions extends CandidateOptions, BucketOptions {
  /** WebSocket addresses of the servers. Give either these or `nc`. */
  readonly servers?: string | readonly string[];
  /**
   * Settings for `wsconnect`, such as credentials. With `waitOnFirstConnect`, only `signal` ends the wait for servers
   * that cannot be reached.
   */
  readonly connection?: ConnectionSettings;
  /** Open connection to use instead of `servers`. It stays open when the Locker is closed. */
  readonly nc?: Connection;
  /** Name of the bucket. It is created if it does not exist. */
  readonly bucket: string;
  /**
   * Lease length in milliseconds, at least 100. A bucket that is created here gets it for all its locks. In an existing
   * bucket that keeps records for longer, only this lock gets it: rounded down to whole seconds, at least 1,000, and
   * only with server 2.11 or later. `Locker.open` rejects if the bucket cannot give it.
   */
  readonly ttl: number;
  /** Aborts `Locker.open` with the signal's own reason. Has no effect once the Locker is open. */
  readonly signal?: AbortSignal;
}

/** What a Locker runs on: its store, its clock and its source of random numbers. */
export interface LockerBackend extends Required<Pick<StoreLockerOptions, "store" | "clock" | "random">> {
  readonly kv: KvHandle | null;
}

/** Returns the backend that the options name. Sends nothing. */
export function backendOf(options: Partial<LockerOptions & StoreLockerOptions>): LockerBackend {
  const { store, kv, clock = new SystemClock(), random = systemRandom } = options ?? {};
  return { store: store ?? storeOf(kv), kv: kv ?? null, clock, random };
}

/** Longest wait for everything about the bucket, in milliseconds. */
const SETUP_TIMEOUT = 10_000;

/** The shortest lease length that a single lock can have, in milliseconds. */
const SHORTEST_OWN_TTL = 1000;

/** Options for a Locker, and a function that closes the connection made for it; `null` if none was made. */
type Opened = { readonly options: LockerOptions; readonly close: (() => Promise<void>) | null };

/** Checks all options, connects and opens the bucket. If that fails, closes the connection that it made. */
export async function openBucket(options: OpenOptions): Promise<Opened> {
  const { servers = [], nc: given, bucket, ttl, connection: settings, signal: outer, ...candidate } = options;
  const addresses = given ? [] : [servers].flat();
  if (!given && addresses.length === 0) {
    throw new BadParameterError("servers", `Cannot open a Locker: "servers" or "nc" is required`);
  }
  requireAddresses(addresses);
  if (!given) requireWebSocket(settings);
  requireBucket(bucket, ttl, options);
  leaseTiming(ttl, candidateOf(candidate, systemRandom).timing);
  const clock = new SystemClock();
  const late = new AbortController();
  const scope = new WaitScope(outer, late.signal);
  const { ended, signal } = scope;
  const limit = longestConnect(addresses, settings) + SETUP_TIMEOUT;
  const error = new ConnectionError("timeout", `Cannot open bucket "${bucket}" within ${limit} ms`);
  const cancel = limit < Infinity ? clock.after(limit, () => late.abort(error)) : () => {};
  const connecting = given ? Promise.resolve(given) : connect({ addresses, ttl, settings, clock, signal });
  try {
    const nc = await Promise.race([ended, connecting]);
    const opened = await Promise.race([ended, setUp(nc, options)]);
    return { options: { ...candidate, ...opened }, close: given ? null : () => closeWithin(nc, clock) };
  } catch (error) {
    const closed = given ? null : connecting.then((nc) => closeWithin(nc, clock), () => {});
    if (!signal.aborted) await closed;
    throw error;
  } finally {
    cancel();
    scope[Symbol.dispose]();
  }
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
