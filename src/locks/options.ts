/** Options of a lock manager, checked. */

import { badParameter, BucketConfigError } from "../base/errors.ts";
import { silentLogger } from "../base/logger.ts";
import { type Clock, SystemClock } from "../base/clock.ts";
import { type Random, systemRandom } from "../base/random.ts";
import { type Candidate, candidateOf, type CandidateOptions } from "../lease/candidate.ts";
import { Listeners } from "../lease/listeners.ts";
import { leaseTiming, wholeSeconds } from "../lease/timing.ts";
import { type BucketOptions, newKeyValue, requireBucket } from "../nats/bucket.ts";
import type { KvHandle } from "../nats/kv_handle.ts";
import { storeOf } from "../nats/kv_store.ts";
import { ticketsOf } from "../nats/kv_tickets.ts";
import { type ConnectOptions, openOn, requireConnectable } from "../nats/open.ts";
import { warnOfServer } from "../nats/server_version.ts";
import { Contact } from "../store/contact.ts";
import type { TicketStore } from "../store/ticket_store.ts";
import type { LocksContext } from "./context.ts";
import { HeardTickets } from "./heard_tickets.ts";
import { sessionKey } from "./names.ts";

/**
 * Options of a {@linkcode LockManager} that do not depend on where its locks are stored. `name` and `meta` are shown by
 * `query()`. Events about a lock have its name as `key`, and the UUID of the session as `id`. Events about the session
 * have the key of the session: `renewed`, `renewal_failed`, `at_risk`, `retrying`, `recovered`, `bucket_changed`. If
 * only the requests for locks meet trouble, `retrying` names the first of these locks, and `recovered` the same one.
 */
export interface SessionSettings extends Pick<CandidateOptions, "name" | "meta" | "timing" | "logger" | "onEvent"> {
  /**
   * Lease length of the session in milliseconds, cut to whole seconds: at least 1,000. All locks of a process that dies
   * are free after this time and at most 0.5 s. Default: 15,000.
   */
  readonly ttl?: number;
  /**
   * How long the bucket keeps the ticket of a request, in milliseconds, cut to whole seconds: at least twice `ttl`. A
   * lock is held for at most 90 % of it, counted from the request. A request that has waited for half of it queues again,
   * at the end. The bucket must keep records at least as long. Default: 86,400,000, a day. (The `maxHold` of a Locker
   * only reports or stops work that holds for too long; this one ends the lock.)
   */
  readonly maxHold?: number;
}

/** Options of a {@linkcode LockManager} on a NATS bucket that is open already. */
export interface LockManagerOptions extends SessionSettings {
  /**
   * KV handle of a bucket that is fit for queues, as `LockManager.open()` creates it. The first request checks that, and
   * rejects with a `BucketConfigError` if it is not.
   */
  readonly kv: KvHandle;
}

/** Options of a {@linkcode LockManager} on a store other than NATS, for tests. */
export interface StoreLockManagerOptions extends SessionSettings {
  /** Store that keeps the tickets. */
  readonly store: TicketStore;
  /** Source of time. Default: the runtime's clock. */
  readonly clock?: Clock;
  /** Source of random numbers and UUIDs. Default: the runtime's. */
  readonly random?: Random;
}

/** Options of {@linkcode LockManager.open}: how it connects, and how it creates its bucket if there is none. */
export interface OpenLocksOptions extends SessionSettings, Omit<BucketOptions, "rollups" | "logger">, ConnectOptions {}

/** Default lease length of a session in milliseconds. */
export const DEFAULT_TTL = 15_000;

/** Default of the longest hold in milliseconds: a day. */
export const DEFAULT_MAX_HOLD = 86_400_000;

/** What a lock manager is made of. */
export interface LocksSetup {
  readonly context: LocksContext & { readonly store: HeardTickets };
  readonly candidate: Omit<Candidate, "key" | "id">;
}

/**
 * Checks options and fills in defaults. `closing` aborts when the manager is closed.
 * @throws {BadParameterError} for the first option that is out of range
 */
export function setupOf(options: LockManagerOptions | StoreLockManagerOptions, closing: AbortSignal): LocksSetup {
  const { store: given, kv, clock = new SystemClock(), random = systemRandom, onEvent }: Partial<
    LockManagerOptions & StoreLockManagerOptions
  > = options ?? {};
  const { candidate, timing, maxHold } = sessionOf(options, random);
  const heard = new HeardTickets(given ?? ticketsOf(kv), new Contact(clock));
  const listeners = new Listeners({ name: heard.name, logger: candidate.logger, clock, onEvent, closing });
  return { context: { store: heard, clock, random, listeners, timing, maxHold }, candidate };
}

function sessionOf(
  options: SessionSettings,
  random: Random,
): Pick<LocksSetup, "candidate"> & Pick<LocksContext, "timing" | "maxHold"> {
  const { ttl = DEFAULT_TTL, maxHold = DEFAULT_MAX_HOLD } = options ?? {};
  const { key: _, id: __, ...candidate } = candidateOf({ ...options, key: sessionKey("any"), ttl }, random);
  const timing = leaseTiming(wholeSeconds(ttl), candidate.timing);
  return { candidate, timing, maxHold: holdOf(maxHold, timing.ttl) };
}

/**
 * Returns the longest hold as the server counts it, in whole seconds.
 * @throws {BadParameterError} if it is less than twice the lease length of the session
 */
function holdOf(longest: number, ttl: number): number {
  const least = 2 * ttl;
  if (typeof longest !== "number" || !Number.isFinite(longest)) {
    throw badParameter("maxHold", "a finite number of milliseconds", longest);
  }
  if (longest >= least) return wholeSeconds(longest);
  throw badParameter("maxHold", `at least ${least}, twice "ttl"`, longest);
}

/**
 * Checks all options, connects and opens the bucket. If that fails, closes the connection that it made.
 *
 * @throws {BucketConfigError} if the bucket exists and is unfit for queues
 */
export async function openQueues(
  options: OpenLocksOptions,
): Promise<{ readonly options: LockManagerOptions; readonly close: (() => Promise<void>) | null }> {
  const { servers: _servers, nc: _nc, connection: _connection, signal: _signal, bucket, ...rest } = options;
  const { ttl = DEFAULT_TTL, maxHold = DEFAULT_MAX_HOLD, logger = silentLogger } = options;
  requireConnectable(options);
  requireBucket(bucket, maxHold, options);
  sessionOf(options, systemRandom);
  const { opened: kv, close } = await openOn(options, ttl, async (nc) => {
    warnOfServer(nc, logger);
    // Roll-ups would let a client with the right to one lock empty the bucket.
    const kv = await newKeyValue(nc, bucket, maxHold, { ...options, rollups: false, logger: silentLogger });
    const problem = (await storeOf(kv).settings()).unfitForQueues(maxHold);
    if (problem !== null) throw new BucketConfigError(problem);
    return kv;
  });
  return { options: { ...rest, kv }, close };
}
