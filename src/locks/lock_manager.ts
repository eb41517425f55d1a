/**
 * The public class, and how this folder is built.
 *
 * - `names`: keys of sessions and tickets. `queue_rules`: who may hold, whose end a request waits for.
 * - `ticket_model`, `ticket`: the state machine of one ticket. `ticket_keeper` performs what it decides.
 * - `burial`: the state machine that finds out whether another session is dead. `session_monitor` performs it.
 * - `look`: reads a queue. `queue`: lets requests in. `blockers`: what they wait for. `others`: removes tickets of others.
 * - `own_tickets`: all tickets of a session. `session_queues`: all its requests. `session`: its lease.
 * - `sessions`: the current session. `requests`, `several`: what `request()` and `acquire()` do. `query`: a snapshot.
 */

import { LockerClosedError } from "../base/errors.ts";
import type { LocksContext } from "./context.ts";
import type { Lock } from "./lock.ts";
import {
  type LockManagerOptions,
  type OpenLocksOptions,
  openQueues,
  setupOf,
  type StoreLockManagerOptions,
} from "./options.ts";
import { type LockSnapshot, type QueryOptions, takeSnapshot } from "./query.ts";
import { checkRequest, type LockOptions } from "./request_options.ts";
import { Requests } from "./requests.ts";
import { Sessions } from "./sessions.ts";
import { runUnder } from "./work.ts";

/** Work under a lock. */
type Work<Given, Result> = (given: Given) => Result | Promise<Result>;

/** Options of a request that waits: its callback always gets a lock. */
type Waiting = LockOptions & { readonly ifAvailable?: false };

/**
 * Many locks by name, for a whole fleet of processes: `navigator.locks` on NATS. Requests for a lock are served in the
 * order in which the server stored them, and those that share it hold together. One lease per process, the session,
 * keeps all its locks.
 *
 * @example One worker per order
 * ```ts ignore
 * import { LockManager } from "@x/natslock";
 *
 * await using locks = await LockManager.open({ servers: "ws://127.0.0.1:8080", bucket: "queues" });
 * await locks.request("orders/4711", (lock) => console.log(lock.token));
 * ```
 *
 * @example Readers and a writer, and at most five at once across the fleet
 * ```ts ignore
 * import { LockManager } from "@x/natslock";
 *
 * await using locks = await LockManager.open({ servers: "ws://127.0.0.1:8080", bucket: "queues" });
 * await locks.request("index", { mode: "shared" }, () => console.log("one of many readers"));
 * await locks.request("index", () => console.log("the only writer"));
 * await locks.request("crawl", { mode: "shared", limit: 5 }, () => console.log("one of at most five"));
 * ```
 *
 * @example Two accounts at once
 * ```ts ignore
 * import { LockManager } from "@x/natslock";
 *
 * await using locks = await LockManager.open({ servers: "ws://127.0.0.1:8080", bucket: "queues" });
 * await locks.request(["account/1", "account/2"], { timeout: 5000 }, ([from, to]) => {
 *   console.log(from?.token, to?.token);
 * });
 * ```
 */
export class LockManager {
  readonly #context: LocksContext;
  readonly #sessions: Sessions;
  readonly #requests: Requests;
  readonly #end = new AbortController();
  #owned: (() => Promise<void>) | null = null;
  #closing: Promise<void> | null = null;

  /** Creates a manager; sends nothing. Throws a `BadParameterError` if an option is missing or out of range. */
  constructor(options: LockManagerOptions | StoreLockManagerOptions) {
    const { context, candidate } = setupOf(options);
    const { signal } = this.#end;
    this.#context = context;
    this.#sessions = new Sessions(context, { candidate, onEvent: options.onEvent ?? (() => {}) }, signal);
    this.#requests = new Requests(context, this.#sessions, signal);
  }

  /**
   * Connects, opens the bucket (creates it if it does not exist), and creates a manager that owns the new connection.
   * A new bucket keeps tickets for `maxHold`. Sends nothing for locks before the first request.
   * Waits at most `connection.timeout` (default 5 s) and 1 s more for each address, and 10 s for the bucket. `signal`
   * ends the wait with its own reason. If opening fails, the new connection is closed; a bucket that was created stays.
   * @throws {BadParameterError | BucketConfigError} for an option out of range, or a bucket that is unfit for queues
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
   * Resolves or rejects as the callback does, after the release.
   *
   * As `navigator.locks.request()`, with `limit`, `weight` and `timeout`, and with several names: then all locks are
   * taken, or none.
   *
   * @throws {TypeError | DOMException} for options that a browser refuses as well
   * @throws {BadParameterError} for other options out of range
   * @throws the reason of `signal` if it aborts before the callback is called
   * @throws {AcquireTimeoutError} after `timeout`
   * @throws {LeaseLostError} if the lock was over, by the clock, before the callback resolved
   * @throws {DOMException} with the name `AbortError` if the lock was stolen
   * @throws {LockerClosedError} if the manager was closed before the callback resolved
   * @throws {BucketConfigError | ConnectionError} if waiting cannot help
   */
  request<T>(name: string, callback: Work<Lock, T>): Promise<T>;
  request<T>(name: string, options: Waiting, callback: Work<Lock, T>): Promise<T>;
  request<T>(name: string, options: LockOptions, callback: Work<Lock | null, T>): Promise<T>;
  request<T>(names: readonly string[], callback: Work<readonly Lock[], T>): Promise<T>;
  request<T>(names: readonly string[], options: Waiting, callback: Work<readonly Lock[], T>): Promise<T>;
  request<T>(names: readonly string[], options: LockOptions, callback: Work<readonly Lock[] | null, T>): Promise<T>;
  async request<T>(
    name: string | readonly string[],
    options: LockOptions | Work<never, T>,
    callback?: Work<never, T>,
  ): Promise<T> {
    const [given, work] = callback === undefined && typeof options === "function" ? [{}, options] : [options, callback];
    if (typeof work !== "function") throw new TypeError('Cannot use "callback": must be a function');
    const checked = checkRequest(name, given);
    const holds = await this.#requests.acquire(checked);
    const call = work as Work<unknown, T>;
    if (holds === null) return await call(null);
    return await runUnder(holds, () => {
      checked.signal?.throwIfAborted();
      return call(Array.isArray(name) ? holds.map(({ lock }) => lock) : holds[0]?.lock);
    });
  }

  /**
   * Waits for a lock and returns it. It is held until it is released. With `ifAvailable`, returns `null` if it cannot
   * be held now.
   *
   * @throws every error of {@linkcode LockManager.request} that comes before the callback
   */
  acquire(name: string, options?: Waiting): Promise<Lock>;
  acquire(name: string, options: LockOptions): Promise<Lock | null>;
  acquire(names: readonly string[], options?: Waiting): Promise<readonly Lock[]>;
  acquire(names: readonly string[], options: LockOptions): Promise<readonly Lock[] | null>;
  async acquire(
    name: string | readonly string[],
    options: LockOptions = {},
  ): Promise<Lock | readonly Lock[] | null> {
    const holds = await this.#requests.acquire(checkRequest(name, options));
    if (holds === null) return null;
    const locks = holds.map(({ lock }) => lock);
    return Array.isArray(name) ? locks : locks[0] ?? null;
  }

  /**
   * Returns who holds and who waits, including all requests that this manager has made so far. For people and tools,
   * not for decisions. Waits at most `timing.requestTimeout` for each answer.
   *
   * @throws {ConnectionError} if NATS is unreachable or refuses
   */
  async query(options: QueryOptions = {}): Promise<LockSnapshot> {
    this.#end.signal.throwIfAborted();
    await this.#requests.whenStored();
    const own = this.#sessions.current?.queues.places ?? [];
    return await takeSnapshot(this.#context, (entries) => {
      const shown = new Set(entries.map(({ key, revision }) => `${key} ${revision}`));
      return own.every(({ key, place }) => shown.has(`${key} ${place}`));
    }, options);
  }

  /**
   * Ends every wait, asks the work under all locks to stop, releases what is held, and closes the connection that
   * {@linkcode LockManager.open} made. Never rejects. Waits for the work, at most for the rest of the session's lease;
   * do not await it inside that work. What could not be removed is removed by others, or expires.
   */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  /** Calls {@linkcode LockManager.close}; for `await using`. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #close(): Promise<void> {
    const error = new LockerClosedError(`Cannot use the LockManager of bucket "${this.name}": it was closed`);
    this.#end.abort(error);
    await this.#sessions.close(error);
    await this.#owned?.();
  }
}
