/** The public class. `options.ts` tells how this folder is built. */

import { lead, runUnder } from "./campaign.ts";
import { type Health, healthOf } from "./health.ts";
import { Holder } from "./holder.ts";
import { candidateOf } from "../lease/candidate.ts";
import { BadParameterError } from "../base/errors.ts";
import { KeyContext } from "../lease/key_context.ts";
import type { KvHandle } from "../nats/kv_handle.ts";
import type { Leadership } from "../lease/leadership.ts";
import type { Lease } from "../lease/lease.ts";
import type { Listen } from "../lease/listeners.ts";
import { backendOf, type LockerOptions, openBucket, type OpenOptions, type StoreLockerOptions } from "./options.ts";
import type { Logger } from "../base/logger.ts";
import { observe, readLeader } from "./observer.ts";
import type { WaitOptions } from "../base/wait.ts";

/**
 * One candidate for one lock; at most one candidate leads at a time. Call {@linkcode Locker.acquireLead} in a loop, at
 * intervals well below the lease length: it takes the lead or renews it. If the loop hangs, the lead ends with the
 * lease. A Locker is not re-entrant and carries out its calls one after the other. {@linkcode Locker.close} ends calls
 * that wait; after it every method rejects with a `LockerClosedError`.
 *
 * @example Lead while in the loop
 * ```ts ignore
 * import { Locker } from "@x/natslock";
 *
 * await using locker = await Locker.open({ servers: "ws://127.0.0.1:8080", bucket: "locks", ttl: 15_000 });
 * if (await locker.acquireLead()) {
 *   // one round of work, shorter than the lease
 * }
 * ```
 */
export class Locker {
  /** UUID of this candidate, in lower case. */
  readonly id: string;
  /** Key of the lock. */
  readonly key: string;
  /** Receives the log lines. */
  readonly logger: Logger;
  /** Adds a listener to the events and waits of this Locker. Returns a function that removes it. */
  readonly listen: Listen;
  readonly #backend: ReturnType<typeof backendOf>;
  readonly #holder: Holder;
  #owned: (() => Promise<void>) | null = null;
  #closing: Promise<void> | null = null;

  /** Creates a candidate; sends nothing. Throws a `BadParameterError` if an option is missing or out of range. */
  constructor(options: LockerOptions | StoreLockerOptions) {
    this.#backend = backendOf(options);
    const candidate = candidateOf(options, this.#backend.random);
    ({ id: this.id, key: this.key, logger: this.logger } = candidate);
    this.#holder = new Holder(new KeyContext(candidate, this.#backend), options);
    this.listen = this.#holder.listeners.listen;
  }

  /**
   * Connects, opens the bucket (creates it if it does not exist), and creates a Locker that owns the new connection. If
   * the bucket keeps records for longer than `ttl` and can give a lock its own lease length, this lock gets `ttl`.
   * Waits at most `connection.timeout` (default 5 s) and 1 s more for each address, and 10 s for the bucket. `signal`
   * ends the wait with its own reason. If opening fails, the new connection is closed; a bucket that was created stays.
   * @throws {BadParameterError | BucketConfigError} for an option out of range, or a bucket unfit for locks or `ttl`
   * @throws {ConnectionError} if NATS is unreachable, refuses, or does not answer in time
   */
  static async open(options: OpenOptions): Promise<Locker> {
    const { options: opened, close } = await openBucket(options);
    const locker = new Locker(opened);
    locker.#owned = close;
    return locker;
  }

  /** KV handle of the bucket. Throws a {@linkcode BadParameterError} if the Locker was created with `store` instead. */
  get kv(): KvHandle {
    if (this.#backend.kv !== null) return this.#backend.kv;
    throw new BadParameterError("kv", `Cannot return "kv": this Locker was created with "store"`);
  }

  /** Name of the bucket. */
  get name(): string {
    return this.#holder.context.store.name;
  }

  /** Fencing token of the hold; `null` if none is valid, by the clock. Protected resources must refuse older tokens. */
  get token(): number | null {
    return this.#holder.token;
  }

  /**
   * Epoch of {@linkcode Locker.token}: the identity (creation time) of the bucket's stream; `null` if nothing is held.
   * Tokens compare only within one epoch: in a re-created bucket they begin at 1 again.
   */
  get epoch(): string | null {
    return this.#holder.epoch;
  }

  /**
   * Returns the lease length in ms. Asks the server, for at most 5 s, only if the bucket's settings are not known yet.
   * @throws {BucketConfigError | ConnectionError} if the bucket is unfit, missing or unreachable, or NATS refuses
   */
  async ttl(): Promise<number> {
    this.#holder.closing.throwIfAborted();
    return (await this.#holder.context.load()).ttl;
  }

  /**
   * Takes the lead, or keeps it and renews the lease, also a lease of {@linkcode Locker.acquire}. True if this
   * candidate leads, for the lease length less the margin from the moment of this call. False if another leads, or if
   * work of this Locker was asked to stop and still runs. Sends one message if nobody holds the lock, for each renewal,
   * and for each refusal after the first. Waits at most `timing.requestTimeout` for each answer, and one lease length
   * if others keep writing. If it rejects, the outcome is unknown until the next call.
   * @throws {BucketConfigError | ConnectionError} if the bucket is unfit, full, missing or unreachable, or NATS refuses
   */
  acquireLead(): Promise<boolean> {
    return this.#holder.acquireLead();
  }

  /**
   * Releases the lock with one message, so that another can take it at once; does nothing if this id does not hold it.
   * Waits for at most two answers, each at most `timing.requestTimeout`. Work of {@linkcode Locker.run} or
   * {@linkcode Locker.lead} is asked to stop and its lease is not renewed: this first waits until the work has settled
   * or the lease has run out. (Within that work call `lease.release()`.)
   * @throws {ConnectionError} if the bucket is missing or unreachable, or NATS refuses; a record that is left expires
   */
  releaseLead(): Promise<void> {
    return this.#holder.releaseLead();
  }

  /**
   * Returns a lease that renews itself if the lock is free now, else `null`; also `null` while this Locker holds it.
   * Sends one message if nobody holds the lock. Waits as long as {@linkcode Locker.acquireLead}. If it rejects, a
   * record that may have been written is removed in the background.
   * @throws {BucketConfigError | ConnectionError} if the bucket is unfit, full, missing or unreachable, or NATS refuses
   */
  tryAcquire(): Promise<Lease | null> {
    return this.#holder.tryAcquire();
  }

  /**
   * Waits for the lock and returns a lease that renews itself. Changes arrive by push, from the bucket's republished
   * subject or else from one consumer per bucket, and the clock covers lost pushes. Transient errors are retried each
   * `timing.retryEvery`; events report it. Calls of one Locker are served in order: without a limit, a call inside the
   * work that holds the lock waits forever. `options` end the wait, not the lease; by default the wait has no limit. A
   * record that may have been written when the wait ends is removed in the background.
   * @throws the reason of `signal` if it is aborted; before any message if it was aborted already
   * @throws {AcquireTimeoutError} after `timeout`; its `cause` is the last transient error, if there was one
   * @throws {BucketConfigError | ConnectionError} if waiting cannot help: the bucket is unfit or missing, a permission
   * is missing, or the connection is closed for good
   * @throws {BadParameterError | LockerClosedError} if an option is out of range, or the Locker is closed
   */
  acquire(options: WaitOptions = {}): Promise<Lease> {
    return this.#holder.acquire(options);
  }

  /**
   * Waits for the lock, calls `fn` with the lease and releases the lock once `fn` has settled: no path leaks the lock.
   * Resolves or rejects as `fn` does. A failed release changes neither; the event `release_failed` reports it.
   * `options` end only the wait: to stop the work too, let it listen to `AbortSignal.any([lease.signal, signal])`.
   * @throws {LeaseLostError} if the lease was over, by the clock, before `fn` resolved or could be called
   * @throws {LockerClosedError} if the Locker was closed before `fn` resolved; every error of {@linkcode Locker.acquire}
   */
  run<T>(fn: (lease: Lease) => T | Promise<T>, options: WaitOptions = {}): Promise<T> {
    return runUnder(this.#holder, fn, options);
  }

  /**
   * Campaigns until `signal` is aborted or the Locker is closed, and then resolves. Each time this candidate is
   * elected, it calls `fn` with the lease, and removes the record once `fn` has settled.
   * - `fn` returns, or calls `lease.release()` (resigns): campaigns again after a short jittered pause.
   * - `fn` throws while it leads: releases the lead and rejects with that error.
   * - The lease is lost: `lease.signal` aborts. Once `fn` has settled, campaigns again; an error of `fn` goes to the
   *   log. A disconnect alone does not lose the lease.
   * - `signal` is aborted or the Locker closed: `lease.signal` aborts. Once `fn` has settled, releases the lead. Until
   *   then the lease is renewed after an abort, but not after a close.
   * @throws every error of `fn` while it leads, and of {@linkcode Locker.acquire} except those of a normal end
   */
  lead(fn: (lease: Lease) => unknown, options: { readonly signal?: AbortSignal } = {}): Promise<void> {
    return lead(this.#holder, fn, options.signal);
  }

  /**
   * Returns who holds the lock now, `null` if nobody: for display, not for decisions. Reads from the stream's leader. A
   * Locker that has no permission for that and whose KV has written nothing reads from any replica, which may lag.
   * @throws {ConnectionError} if the bucket is missing or unreachable, or NATS refuses
   */
  leader(): Promise<Leadership | null> {
    return readLeader(this.#holder);
  }

  /**
   * Yields who holds the lock now (`null` = nobody), then each change of holder; a slow reader skips to the newest.
   * Waits for changes as {@linkcode Locker.acquire} does. A lease that is not released counts as held until it has run
   * out. Ends when `signal` is aborted, the Locker is closed or the loop is left. Events report outages and recoveries.
   * @throws {BucketConfigError | ConnectionError} for an error that waiting cannot resolve
   * @throws {LockerClosedError} if the Locker was closed before
   */
  observe(options: { readonly signal?: AbortSignal } = {}): AsyncIterable<Leadership | null> {
    return observe(this.#holder, options.signal);
  }

  /** Returns what a readiness or liveness probe answers, at once and by the clock. Sends nothing and never throws. */
  health(): Health {
    return healthOf(this.#backend.store, this.#holder.facts);
  }

  /**
   * Ends every wait, releases what is held, and closes the connection that {@linkcode Locker.open} made. Never rejects:
   * a record that could not be removed expires. Signals of leases abort at once. The lease of work that still runs is
   * not renewed; its record is removed once the work has settled. So this waits at most for the rest of that lease,
   * three answers of `timing.requestTimeout`, and 2 s for the connection; do not await it inside that work. Later calls
   * wait for the first. A frozen server can keep the process alive after that: exit explicitly.
   */
  close(): Promise<void> {
    return this.#closing ??= this.#holder.close().then(() => this.#owned?.());
  }

  /** Calls {@linkcode Locker.close}; for `await using`. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}
