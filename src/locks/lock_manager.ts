/** The public class. `context.ts` tells how this folder is built. */

import { LockerClosedError } from "../base/errors.ts";
import type { Listen } from "../lease/listeners.ts";
import { type Health, healthOf } from "../locker/health.ts";
import type { Lock, LockNames, LocksOf } from "./lock.ts";
import {
  type LockManagerOptions,
  type LocksSetup,
  type OpenLocksOptions,
  openQueues,
  setupOf,
  type StoreLockManagerOptions,
} from "./options.ts";
import { type LockSnapshot, type QueryOptions, takeSnapshot } from "./query.ts";
import { checkRequest, type LockOptions, type LockWork, type WaitingLockOptions } from "./request_options.ts";
import { Requests } from "./requests.ts";
import { Sessions } from "./sessions.ts";
import { runUnder } from "./work.ts";

/**
 * Many locks by name, for a whole fleet of processes: `navigator.locks` on NATS. Requests for a lock are served in the
 * order in which the server stored them, and those that share it hold together. One lease, the session, keeps all locks
 * of a manager: if its process dies, others have them after that lease. `Locker` is for a single lock or an election.
 *
 * @example One worker per order
 * ```ts ignore
 * import { LockManager } from "@x/natslock";
 *
 * await using locks = await LockManager.open({ servers: "ws://127.0.0.1:8080", bucket: "queues" });
 * await locks.request("orders/4711", (lock) => console.log(lock.token));
 * ```
 *
 * @example Readers and a writer, at most five at once across the fleet, and two accounts at once
 * ```ts ignore
 * import { LockManager } from "@x/natslock";
 *
 * await using locks = await LockManager.open({ servers: "ws://127.0.0.1:8080", bucket: "queues" });
 * await locks.request("index", { mode: "shared" }, () => console.log("one of many readers"));
 * await locks.request("index", () => console.log("the only writer"));
 * await locks.request("crawl", { mode: "shared", limit: 5 }, () => console.log("one of at most five"));
 * await locks.request(["account/1", "account/2"], ([from, to]) => console.log(from.token, to.token)); // both, or none
 * ```
 */
export class LockManager {
  /** Adds a listener to the events and waits of this manager. Returns a function that removes it. */
  readonly listen: Listen;
  readonly #context: LocksSetup["context"];
  readonly #sessions: Sessions;
  readonly #requests: Requests;
  readonly #end = new AbortController();
  #owned: (() => Promise<void>) | null = null;
  #closing: Promise<void> | null = null;

  /**
   * Creates a manager on a bucket that is open. Sends nothing; the first request opens the session.
   * @throws {BadParameterError} if an option is missing or out of range
   */
  constructor(options: LockManagerOptions | StoreLockManagerOptions) {
    const { signal } = this.#end;
    const { context, candidate } = setupOf(options, signal);
    this.listen = context.listeners.listen;
    this.#context = context;
    this.#sessions = new Sessions(context, { candidate, onEvent: context.listeners.hear }, signal);
    this.#requests = new Requests(context, this.#sessions, signal);
  }

  /**
   * Connects, opens the bucket (creates it if it does not exist), and creates a manager that owns the new connection.
   * A new bucket keeps tickets for `maxHold` and refuses roll-ups. Sends nothing for locks before the first request.
   *
   * Waits at most `connection.timeout` (default 5 s) and 1 s more for each address, and 10 s for the bucket. `signal`
   * ends the wait with its own reason. If opening fails, the new connection is closed; a bucket that was created stays.
   * @throws {BadParameterError} if an option is missing or out of range
   * @throws {BucketConfigError} if the bucket is unfit for queues, or the server is older than 2.11
   * @throws {ConnectionError} if NATS is unreachable, refuses, or does not answer in time
   */
  static async open(options: OpenLocksOptions): Promise<LockManager> {
    const { options: opened, close } = await openQueues(options);
    const manager = new LockManager(opened);
    manager.#owned = close;
    return manager;
  }

  /** Name of the bucket. */
  get name(): string {
    return this.#context.store.name;
  }

  /**
   * Waits for a lock, calls `callback` with it, and releases it once the callback has settled: no path leaks it.
   * Resolves or rejects as the callback does, after the release. As `navigator.locks.request()`, with `limit`, `weight`
   * and `timeout`, and with several names: then all locks are taken, or none.
   *
   * Waits without a limit by default, and waits out transient errors. `timeout` and `signal` end the wait, not the
   * callback: let that listen to `lock.signal`. If the wait ends, its ticket is removed in the background. The release
   * takes at most `timing.requestTimeout`; without an answer the removal goes on in the background.
   *
   * @throws {TypeError | DOMException} for options that a browser refuses as well
   * @throws {BadParameterError} for other options out of range, a name of more than 65,000 bytes as JSON in ASCII, or
   * another `limit` than that of an earlier request
   * @throws the reason of `signal` if it aborts before the callback is called
   * @throws {AcquireTimeoutError} after `timeout`
   * @throws {LeaseLostError} if the lock was over, by the clock, before the callback resolved
   * @throws {DOMException} with the name `AbortError`, at once, if the lock was stolen; from a thief also if another one
   * stole it before the callback
   * @throws {LockerClosedError} if the manager was closed before the callback resolved
   * @throws {BucketConfigError} if the bucket is unfit for queues
   * @throws {ConnectionError} if waiting cannot help, or with `ifAvailable` if NATS does not answer
   */
  request<T>(name: string, callback: LockWork<Lock, T>): Promise<T>;
  /** The same with options that make it wait. */
  request<T>(name: string, options: WaitingLockOptions, callback: LockWork<Lock, T>): Promise<T>;
  /** The same with any options: the callback gets `null` if `ifAvailable` is true and the lock cannot be held now. */
  request<T>(name: string, options: LockOptions, callback: LockWork<Lock | null, T>): Promise<T>;
  /** The same for several locks: the callback gets all of them, in the order of `names`. */
  request<T, const N extends LockNames = LockNames>(names: N, callback: LockWork<LocksOf<N>, T>): Promise<T>;
  /** The same for several locks with options that make it wait. */
  request<T, const N extends LockNames = LockNames>(
    names: N,
    options: WaitingLockOptions,
    callback: LockWork<LocksOf<N>, T>,
  ): Promise<T>;
  /** The same for several locks: the callback gets `null` if one of them cannot be held now. */
  request<T, const N extends LockNames = LockNames>(
    names: N,
    options: LockOptions,
    callback: LockWork<LocksOf<N> | null, T>,
  ): Promise<T>;
  async request<T>(
    name: string | readonly string[],
    options: LockOptions | LockWork<never, T>,
    callback?: LockWork<never, T>,
  ): Promise<T> {
    const [given, work] = callback === undefined && typeof options === "function" ? [{}, options] : [options, callback];
    if (typeof work !== "function") throw new TypeError('Cannot use "callback": must be a function');
    const checked = checkRequest(name, given);
    const holds = await this.#requests.acquire(checked);
    const call = work as LockWork<unknown, T>;
    if (holds === null) return await call(null);
    return await runUnder(holds, () => {
      checked.signal?.throwIfAborted();
      return call(Array.isArray(name) ? holds.map(({ lock }) => lock) : holds[0]?.lock);
    });
  }

  /**
   * Waits for a lock and returns it. It is held until it is released or lost: use `await using`, or `request()`, which
   * cannot leak. Waits, and ends its wait, as {@linkcode LockManager.request} does.
   *
   * @throws every error of {@linkcode LockManager.request} that comes before the callback
   */
  acquire(name: string, options?: WaitingLockOptions): Promise<Lock>;
  /** The same with any options: `null` if `ifAvailable` is true and the lock cannot be held now. */
  acquire(name: string, options: LockOptions): Promise<Lock | null>;
  /** The same for several locks: all of them, in the order of `names`. */
  acquire<const N extends LockNames>(names: N, options?: WaitingLockOptions): Promise<LocksOf<N>>;
  /** The same for several locks: `null` if one of them cannot be held now. */
  acquire<const N extends LockNames>(names: N, options: LockOptions): Promise<LocksOf<N> | null>;
  async acquire(
    name: string | readonly string[],
    options: LockOptions = {},
  ): Promise<Lock | readonly Lock[] | null> {
    const holds = await this.#requests.acquire(checkRequest(name, options));
    const locks = holds?.map(({ lock }) => lock) ?? null;
    return Array.isArray(name) ? locks : locks?.[0] ?? null;
  }

  /**
   * Returns who holds and who waits, including all requests that this manager has made so far. For people and tools,
   * not for decisions. Waits until each of those requests has a ticket or has ended, and at most
   * `timing.requestTimeout` for each answer. Leaves nothing behind.
   *
   * @throws {ConnectionError} if NATS is unreachable or refuses
   * @throws {LockerClosedError} if the manager is closed
   */
  async query(options: QueryOptions = {}): Promise<LockSnapshot> {
    for (;;) {
      this.#end.signal.throwIfAborted();
      await this.#requests.whenStored();
      const { current } = this.#sessions;
      const snapshot = await takeSnapshot(this.#context, () => current?.queues.own ?? new Map(), options);
      // If the session was lost meanwhile, its requests have other tickets under the next one.
      if (current === this.#sessions.current || current === null) return snapshot;
    }
  }

  /**
   * Returns what a readiness or liveness probe answers, at once and by the clock; `lease` is that of the session. Sends
   * nothing and never throws.
   */
  health(): Health {
    return healthOf(this.#context.store, this.#sessions.facts);
  }

  /**
   * Ends every wait, asks the work under all locks to stop (`lock.signal`), releases what is held, and closes the
   * connection that {@linkcode LockManager.open} made. Never rejects; later calls reject with a `LockerClosedError`.
   *
   * Waits for the work, at most for the rest of the session's lease, four times `timing.requestTimeout` for the
   * removals, and 2 s for the connection. Do not await it inside that work. What could not be removed is removed by
   * others, or expires.
   */
  close(): Promise<void> {
    return this.#closing ??= this.#close();
  }

  /** Calls {@linkcode LockManager.close}; for `await using`. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #close(): Promise<void> {
    const error = new LockerClosedError(`Cannot use the LockManager of bucket "${this.name}": it was closed`);
    this.#end.abort(error);
    await this.#sessions.close(error);
    await this.#context.listeners.close();
    await this.#owned?.();
  }
}
