/** The Locker: one candidate for one lock. */

import { lead, runUnder } from "./campaign.ts";
import { Holder } from "./holder.ts";
import { candidateOf } from "../lease/candidate.ts";
import { BadParameterError } from "../base/errors.ts";
import { KeyContext } from "../lease/key_context.ts";
import type { KvHandle } from "../nats/kv_store.ts";
import { type Leadership, leadershipOf } from "../lease/leadership.ts";
import type { Lease } from "../lease/lease.ts";
import { backendOf, type LockerOptions, openBucket, type OpenOptions, type StoreLockerOptions } from "./options.ts";
import type { Logger } from "../base/logger.ts";
import { observe } from "./observer.ts";
import type { WaitOptions } from "../base/wait.ts";

/**
 * One candidate for one lock: at most one Locker at a time leads. Call {@linkcode Locker.acquireLead} in a loop, at
 * intervals well below the lease length: it takes the lead or keeps it, and if the loop hangs the lead lapses by itself.
 * A Locker is not re-entrant; its calls are carried out one after the other. After {@linkcode Locker.close} every method
 * rejects with a `LockerClosedError`.
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
  /** UUID of this candidate, lower case. */
  readonly id: string;
  /** Key of the lock. */
  readonly key: string;
  /** Where log lines go. */
  readonly logger: Logger;
  readonly #holder: Holder;
  readonly #kv: KvHandle | null;
  #owned: (() => Promise<void>) | null = null;
  #closing: Promise<void> | null = null;

  /** Makes a candidate; sends nothing. Throws a {@linkcode BadParameterError} if an option is missing or out of range. */
  constructor(options: LockerOptions | StoreLockerOptions) {
    const backend = backendOf(options);
    const candidate = candidateOf(options, backend.random);
    ({ id: this.id, key: this.key, logger: this.logger } = candidate);
    this.#kv = backend.kv;
    this.#holder = new Holder(new KeyContext(candidate, backend), options);
  }

  /**
   * Connects, opens the bucket (makes it if it does not exist) and makes a candidate that owns what was opened here.
   * If the bucket keeps records longer than `ttl` and can give a lock its own lease length, this lock gets `ttl`.
   * Waits for each address at most `connection.timeout` (default 5 s) and 1 s more, and for the bucket at most 10 s;
   * `signal` ends it earlier, with its own reason. What was opened is closed again if it fails; a new bucket stays.
   * @throws {BadParameterError | BucketConfigError} if an option is out of range, the bucket is unfit, or cannot give `ttl`
   * @throws {ConnectionError} if NATS is unreachable, refuses, or does not answer in time
   */
  static async open(options: OpenOptions): Promise<Locker> {
    const { options: opened, close } = await openBucket(options);
    const locker = new Locker(opened);
    locker.#owned = close;
    return locker;
  }

  /** The bucket's KV handle; throws a {@linkcode BadParameterError} if the Locker was made on another store. */
  get kv(): KvHandle {
    if (this.#kv !== null) return this.#kv;
    throw new BadParameterError("kv", `Cannot give "kv": this Locker was made on a store without one`);
  }

  /** Name of the bucket. */
  get name(): string {
    return this.#holder.context.store.name;
  }

  /** Fencing token of what this candidate holds now, by the clock: the lock's resource refuses older ones. `null` if nothing. */
  get token(): number | null {
    return this.#holder.token;
  }

  /**
   * Identity of the bucket's stream (its creation time) that {@linkcode Locker.token} is of; `null` if nothing is held.
   * Tokens compare only within one epoch: after a bucket was made anew they begin at 1 again.
   */
  get epoch(): string | null {
    return this.#holder.epoch;
  }

  /**
   * Lease length in force, in milliseconds. Asks the server only if the bucket's settings are not known yet.
   * @throws {BucketConfigError | ConnectionError} if the bucket is unfit or missing, NATS is unreachable or refuses
   */
  async ttl(): Promise<number> {
    this.#holder.closing.throwIfAborted();
    return (await this.#holder.context.load()).ttl;
  }

  /**
   * Takes the lead, or keeps it and renews the lease, also one of {@linkcode Locker.acquire}. True if this candidate
   * leads, for the lease length less the margin from the moment of this call; false if another does, or if work of this
   * Locker still stands down. One message if nobody holds the lock, for each renewal, and for each refusal after the
   * first. Waits for the answers, each at most `timing.requestTimeout`, and for one lease length where others keep
   * writing. If it rejects, it is not known whether this candidate leads: the next call settles it.
   * @throws {BucketConfigError | ConnectionError} if the bucket is unfit, full or missing, NATS is unreachable or refuses
   */
  acquireLead(): Promise<boolean> {
    return this.#holder.take();
  }

  /**
   * Gives the lead back, so that another can take it at once; nothing if this id does not hold it. One message. Work of
   * {@linkcode Locker.run} or {@linkcode Locker.lead} is told to stop, and the record taken back once it has settled or
   * the lease, which is not renewed any more, has run out. (Within that work call `lease.release()`.)
   * @throws {ConnectionError} if the bucket is missing, or NATS is unreachable or refuses; the record may then stand
   * until its lease runs out
   */
  releaseLead(): Promise<void> {
    return this.#holder.giveBack();
  }

  /**
   * A lease that keeps itself renewed, if the lock is free now; else `null`, also while this Locker holds it already.
   * One message if nobody holds the lock. Waits as {@linkcode Locker.acquireLead} does; what may have been written when
   * it rejects is taken back in the background.
   * @throws {BucketConfigError | ConnectionError} if the bucket is unfit, full or missing, NATS is unreachable or refuses
   */
  tryAcquire(): Promise<Lease | null> {
    return this.#holder.tryAcquire();
  }

  /**
   * A lease that keeps itself renewed, waited for: by push where the bucket repeats its changes, else by one consumer
   * for the bucket, and by the clock. Trouble that passes is waited out, with a try each `timing.retryEvery`; events say
   * so. Callers of one Locker are served in order; one that waits inside the work that holds its lock waits for ever.
   * The options end the wait, not the lease; what may have been written by then is taken back in the background.
   * @throws the signal's own reason if it is aborted; before any message if it was aborted already
   * @throws {AcquireTimeoutError} after `timeout`; its `cause` is the trouble that was met last, if there was any
   * @throws {BucketConfigError | ConnectionError} if waiting cannot mend it: the bucket is unfit or missing, a right is
   * lacking, or the connection is closed for good
   * @throws {BadParameterError | LockerClosedError} if an option is out of range, or the Locker is closed
   */
  acquire(options: WaitOptions = {}): Promise<Lease> {
    return this.#holder.acquire(options);
  }

  /**
   * Waits for the lock, calls `fn` with the lease and gives the lock back once `fn` has settled: the form that cannot
   * leak. Resolves or rejects as `fn` does; a release that fails hides neither, it is told by `onEvent`. The options end
   * the wait only: to stop the work as well, let it listen to `AbortSignal.any([lease.signal, signal])`.
   * @throws {LeaseLostError} if the lease was over, by the clock, before `fn` resolved or could be called
   * @throws {LockerClosedError} if the Locker was closed before `fn` resolved
   * @throws whatever {@linkcode Locker.acquire} throws
   */
  run<T>(fn: (lease: Lease) => T | Promise<T>, options: WaitOptions = {}): Promise<T> {
    return runUnder(this.#holder, fn, options);
  }

  /**
   * Campaigns until `signal` is aborted or the Locker is closed, and then resolves: each time this candidate is elected
   * `fn` is called with the lease, whose record is taken back once `fn` has settled.
   * - `fn` returns, or calls `lease.release()` (resigns): campaigns again after a short jittered pause.
   * - `fn` throws while it leads: the lead is given back and `lead()` rejects with that error.
   * - The lease is lost: `lease.signal` aborts; once `fn` has settled, campaigns again. What `fn` throws then goes to
   *   the log. A disconnect alone is no loss.
   * - `signal` is aborted, or the Locker closed: `lease.signal` aborts; once `fn` has settled the lead is given back.
   *   Until then it is renewed after an abort, but not after a close.
   * @throws whatever `fn` throws while it leads, and whatever {@linkcode Locker.acquire} throws but for a normal end
   */
  lead(fn: (lease: Lease) => unknown, options: { readonly signal?: AbortSignal } = {}): Promise<void> {
    return lead(this.#holder, fn, options.signal);
  }

  /**
   * Who holds the lock now, read from the bucket's leader, or from any copy of it by who has no right to more and has
   * written nothing; `null` if nobody. Good for showing, not for deciding.
   * @throws {ConnectionError} if the bucket is missing, or NATS is unreachable or refuses
   */
  async leader(): Promise<Leadership | null> {
    const { context, closing } = this.#holder;
    closing.throwIfAborted();
    return leadershipOf(await context.read(), context.settings.ttl);
  }

  /**
   * Who holds the lock now (`null` = nobody), then each change of holder; a slow reader skips to the newest. By push as
   * {@linkcode Locker.acquire} waits; nobody is announced before the end of a lease that was not released. It ends when
   * `signal` is aborted, the Locker is closed or the loop is left; events say that the line is down, and up again.
   * @throws {BucketConfigError | ConnectionError} for trouble that waiting cannot mend
   * @throws {LockerClosedError} if the Locker was closed before
   */
  observe(options: { readonly signal?: AbortSignal } = {}): AsyncIterable<Leadership | null> {
    return observe(this.#holder, options.signal);
  }

  /**
   * Ends every wait, gives back what is held, and closes the connection if {@linkcode Locker.open} made it. Never
   * rejects; what could not be given back runs out by itself. Signals of leases abort at once. The record of work that
   * goes on is taken back once the work has settled, or runs out: it is not renewed any more. So this waits at most for
   * what is left of the lease, three answers of `timing.requestTimeout` and 2 s for the connection; do not await it
   * inside that work. Further calls wait for the first. While a server is frozen, only an exit ends the process.
   */
  close(): Promise<void> {
    this.#closing ??= this.#holder.close().then(() => this.#owned?.());
    return this.#closing;
  }

  /** The same as {@linkcode Locker.close}, for `await using`. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}
