/** Both ways in which one candidate holds its lock: by calls, and by leases that renew themselves. */

import type { CandidateOptions } from "../lease/candidate.ts";
import { LockerClosedError } from "../base/errors.ts";
import type { KeyContext } from "../lease/key_context.ts";
import { factsOf, type HealthFacts } from "./health.ts";
import { Hold } from "./hold.ts";
import { type HoldLimit, holdLimitOf, type HoldLimitOptions } from "./hold_limit.ts";
import { Keeper } from "../lease/keeper.ts";
import { Lease } from "../lease/lease.ts";
import { Listeners } from "../lease/listeners.ts";
import type { Held, Transition } from "../lease/model.ts";
import { resultOf } from "../lease/state.ts";
import { onAbort, requireWaitOptions, type WaitOptions, WaitScope } from "../base/wait.ts";
import type { KeyState } from "../store/record.ts";
import { Reporter } from "./reporter.ts";
import { Retrier } from "./retrier.ts";
import { Mutex, type Unlock } from "../base/mutex.ts";
import { ownRecord, queueBehind, tryOnce, waitForLock } from "./waiter.ts";

/** Everything that one Locker does to its key. Not re-entrant: while it holds a lease, its further waits queue. */
export class Holder {
  readonly context: KeyContext;
  readonly reporter: Reporter;
  readonly listeners: Listeners;
  readonly #limit: HoldLimit;
  readonly #keeper: Keeper;
  readonly #closing = new AbortController();
  /** Aborted with a LockerClosedError once this is closed. */
  readonly closing: AbortSignal = this.#closing.signal;
  /** Runs the calls one after the other. */
  readonly #calls = new Mutex();
  /** Held by the call that tries to get a lease, then by that lease until its record is gone. */
  readonly #leases = new Mutex();
  /** The latest lease, also once it is over; `null` after a grant to a call. */
  #last: Hold | null = null;
  /** Epoch of the last grant. */
  #epoch = "";

  constructor(context: KeyContext, options: Pick<CandidateOptions, "onEvent" | "trace"> & HoldLimitOptions) {
    const { clock, candidate, candidate: { key: name, logger } } = context;
    this.context = context;
    this.listeners = new Listeners({ name, logger, clock, onEvent: options.onEvent, closing: this.closing });
    this.reporter = new Reporter(candidate, clock, { ...options, onEvent: this.listeners.hear });
    context.onChange = (changes, error) => this.reporter.report({ type: "bucket_changed", changes, error });
    this.#keeper = new Keeper(context, (stepped) => this.#onStep(stepped));
    this.#limit = holdLimitOf(options);
  }

  /** What `health()` is derived from. Compares the clock, so that it is right even if no timer could run. */
  get facts(): HealthFacts {
    const { state } = this.#keeper;
    return factsOf(this.context, { state, hold: this.#last, epoch: this.#epoch, isClosed: this.closing.aborted });
  }

  /** The lease whose record is not settled yet; `null` if there is none. */
  get #hold(): Hold | null {
    return this.#last?.isOver === false ? this.#last : null;
  }

  /** Fencing token of the current hold, by a call or by a lease; `null` if there is none. */
  get token(): number | null {
    const { phase } = this.#keeper.state;
    return phase.at === "held" && !this.#hold?.isStandingDown ? phase.token : null;
  }

  /** Epoch that the token belongs to; `null` if nothing is held. */
  get epoch(): string | null {
    return this.token === null ? null : this.#epoch;
  }

  /** Takes the lead by calls, or keeps it. Renews a lease that is held. */
  async acquireLead(): Promise<boolean> {
    this.closing.throwIfAborted();
    return await this.#calls.runExclusive(async () => {
      // While work stands down, timers alone keep its record or let it expire. A call must not renew it.
      if (this.#hold?.isStandingDown) return false;
      await this.#settle(this.closing);
      this.closing.throwIfAborted();
      return resultOf(this.#keeper.state) === "held" && !this.#hold?.isStandingDown;
    });
  }

  /** Releases what is held, once the work that runs under it has settled. */
  async releaseLead(): Promise<void> {
    this.closing.throwIfAborted();
    if (this.#hold !== null) await this.#hold.standDownAndRelease();
    else await this.#calls.runExclusive(() => this.#keeper.undo(this.closing));
  }

  /** Returns a lease, or `null` if the lock is not free now. */
  async tryAcquire(): Promise<Lease | null> {
    this.closing.throwIfAborted();
    const unlock = this.#leases.tryLock();
    const got = unlock && await this.#unlockUnlessGranted(unlock, () => this.#attempt(unlock, this.closing));
    return got instanceof Lease ? got : null;
  }

  /** Waits for the lock and returns a lease. Tells the listeners of the wait. */
  acquire(options: WaitOptions): Promise<Lease> {
    return this.listeners.during(this.context.key, () => this.#acquire(options), (lease) => lease);
  }

  async #acquire(options: WaitOptions): Promise<Lease> {
    requireWaitOptions(options);
    const { signal: outer, timeout = Infinity } = options;
    const { context: { key, clock } } = this;
    const scope = new WaitScope(this.closing, outer);
    const retrier = new Retrier(this);
    let contending: Promise<Lease> | null = null;
    try {
      const { signal } = scope;
      signal.throwIfAborted();
      if (timeout > 0) scope.limit({ timeout, key }, clock, () => retrier.lastError);
      contending = timeout === 0 ? tryOnce(key, () => this.tryAcquire()) : this.#wait(signal, retrier);
      return await Promise.race([contending, scope.ended]);
    } catch (error) {
      // A lease that is granted while the wait ends has no owner, so it is released.
      contending?.then((lease) => lease.release()).catch(() => {});
      throw error;
    } finally {
      scope[Symbol.dispose]();
    }
  }

  /** Runs work under a lease, then removes the record. Reports an error of the removal as an event, never throws it. */
  async runWork<T>(lease: Lease, work: (hold: Hold | null) => T | Promise<T>): Promise<T> {
    const hold = this.#last?.lease === lease ? this.#last : null;
    if (hold === null) return await work(null);
    try {
      return await hold.runWork(() => work(hold));
    } finally {
      await this.reporter.reportFailure(() => hold.release());
    }
  }

  /** Asks the work of the lease to stop, while its record still keeps others out. */
  standDown(lease: Lease): void {
    if (this.#hold?.lease === lease) this.#hold.standDown(this.closing.reason);
  }

  /** Ends every wait and releases what is held. Resolves when that is confirmed, or at the first error. */
  async close(): Promise<void> {
    this.#closing.abort(new LockerClosedError(`Cannot use the Locker of key "${this.context.key}": it was closed`));
    await this.reporter.reportFailure(async () => {
      await this.#hold?.standDownAndRelease(this.closing.reason);
      await this.#calls.runExclusive(() => this.#keeper.state.phase.at === "idle" ? undefined : this.#keeper.undo());
    });
    this.#keeper.drive("nobody");
    await this.listeners.close();
  }

  async #wait(signal: AbortSignal, retrier: Retrier): Promise<Lease> {
    const { context, reporter } = this;
    const unlock = this.#leases.tryLock() ??
      await queueBehind(this.#hold, { context, reporter, leases: this.#leases }, signal);
    const attempt = (released: KeyState | null) => this.#attempt(unlock, signal, released);
    return await this.#unlockUnlessGranted(unlock, () => waitForLock({ context, reporter, retrier }, attempt, signal));
  }

  /** Unlocks if `work` yields no lease. If it rejects, withdraws its writes: between calls, never during one. */
  async #unlockUnlessGranted<T>(unlock: Unlock, work: () => Promise<T>): Promise<T> {
    let got: T | undefined;
    try {
      return got = await work();
    } catch (error) {
      this.#calls.runExclusive(() => this.#keeper.withdraw());
      throw error;
    } finally {
      if (!(got instanceof Lease)) unlock();
    }
  }

  /** Tries once. If this candidate leads by calls, its own record refuses the lease. */
  #attempt(unlock: Unlock, signal: AbortSignal, released: KeyState | null = null): Promise<Lease | KeyState> {
    return this.#calls.runExclusive(async () => {
      signal.throwIfAborted();
      const own = await ownRecord(this.#keeper, this.context);
      if (own !== null) return own;
      if (released !== null) this.#keeper.post({ on: "hint", keyState: released });
      await this.#settle(signal);
      const { state } = this.#keeper;
      if (state.phase.at === "held") return this.#grant(state.phase, unlock);
      const verdict = resultOf(state);
      return typeof verdict === "string" ? await this.context.read() : verdict;
    });
  }

  async #settle(signal: AbortSignal): Promise<void> {
    const aborting = onAbort(signal, () => this.#keeper.withdraw());
    try {
      await this.#keeper.settle(signal);
    } finally {
      aborting[Symbol.dispose]();
    }
  }

  #grant({ token }: Held, unlock: Unlock): Lease {
    const hold = new Hold({ key: this.context.key, token, epoch: this.#epoch }, this.#keeper);
    hold.whenOver.then(unlock);
    this.#last = hold;
    const { maxHold } = this.#limit;
    hold.limit(this.#limit, this.context.clock, (age) => this.reporter.report({ type: "stuck", maxHold, token, age }));
    return hold.lease;
  }

  #onStep(stepped: Transition): void {
    const { before, after } = stepped;
    const { at } = after.phase;
    if (at === "held" && before.phase.at !== "held") [this.#epoch, this.#last] = [after.memory.epoch, null];
    this.reporter.step(stepped);
    if (at !== "held") this.#hold?.ended(after);
  }
}
