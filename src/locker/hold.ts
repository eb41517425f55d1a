/** One hold by a lease: from the grant until its record is gone. */

import type { Clock } from "../base/clock.ts";
import { isMissing, LeaseLostError, LeaseReleasedError } from "../base/errors.ts";
import type { Keeper } from "../lease/keeper.ts";
import { endOfLease, Lease } from "../lease/lease.ts";
import type { LeaseState } from "../lease/model.ts";
import type { HoldLimit } from "./hold_limit.ts";

/** The public fields of a lease. */
type LeaseFields = Pick<Lease, "key" | "token" | "epoch">;

/** Ties a lease to the machine that keeps it, and to the work that runs under it. */
export class Hold {
  readonly lease: Lease;
  /** Resolves once the record is settled: removed, lost or expired. */
  readonly whenOver: Promise<void>;
  /** True once a warning was logged that another wait of the same Locker queues behind it. */
  isWarned = false;
  /** True once the record is settled. */
  isOver = false;
  /** True once the work has ended: that of `runWork()`, else the user's, which ends when the user releases the lease. */
  isDone = false;
  /** How the lease was lost, also after a stand-down; `null` if it was not. */
  loss: LeaseLostError | null = null;
  readonly #keeper: Keeper;
  readonly #end = new AbortController();
  #resolve = () => {};
  /** Resolves when the work under the lease has settled; `null` if no work runs under it. */
  #work: Promise<void> | null = null;
  /** Tells by the clock whether the time since the grant has reached the limit. */
  #isTooLong = (): boolean => false;
  #cancelLimit = () => {};

  /** Starts when the machine of `keeper` has just got the grant. From here on timers drive that machine. */
  constructor(about: LeaseFields, keeper: Keeper) {
    this.whenOver = new Promise((resolve) => this.#resolve = resolve);
    this.#keeper = keeper;
    this.lease = new Lease({ ...about, signal: this.#end.signal }, {
      remaining: () => this.isOver ? 0 : keeper.remaining,
      // Work that was asked to stop still needs its record. `standDownAndRelease()` or the Holder removes it after that work.
      release: async () => {
        if (this.#work === null) this.isDone = true;
        if (this.#work === null || !this.isStandingDown) await this.release();
      },
    });
    keeper.drive("time");
  }

  /** True while its work must stop and its record still keeps others out. */
  get isStandingDown(): boolean {
    return this.#keeper.state.phase.at === "held" && this.#end.signal.aborted;
  }

  /** True while the lease is held for as long as its limit, or longer. */
  get isStuck(): boolean {
    return this.#keeper.state.phase.at === "held" && this.#isTooLong();
  }

  /**
   * Sets the limit, counted from now. Calls `stuck` with the time since the grant once the lease is held for that long.
   * Then the work is asked to stop if the limit says so. The lease is not renewed any more, and its record stays until
   * the work has settled, the user releases the lease, or it runs out.
   */
  limit({ maxHold, releases }: HoldLimit, clock: Clock, stuck: (age: number) => void): void {
    if (maxHold === Infinity) return;
    const granted = clock.now();
    // A sum, as in the clock's timer: by a difference, rounding could make the timer come a fraction too early.
    const end = granted + maxHold;
    this.#isTooLong = () => clock.now() >= end;
    this.#cancelLimit = clock.after(maxHold, () => {
      // Asks the clock: after a sleep the lease may be over.
      if (!this.isStuck) return;
      stuck(clock.now() - granted);
      if (!releases) return;
      this.#standDown(`is being released after "maxHold", ${maxHold} ms`);
      this.#keeper.drive("expiry");
    });
  }

  /** Runs work under the lease. */
  async runWork<T>(work: () => T | Promise<T>): Promise<T> {
    let settled = () => {};
    // Set before the work begins, because the work may close its Locker before it yields.
    this.#work = new Promise<void>((done) => settled = done);
    try {
      return await work();
    } finally {
      this.isDone = true;
      settled();
    }
  }

  /** Asks the work to stop by aborting the lease's signal; keeps the record. `cause` is why, if not a plain release. */
  standDown(cause?: unknown): void {
    this.#standDown("is being released", cause);
  }

  #standDown(what: string, cause?: unknown): void {
    const message = `The lease of key "${this.lease.key}" ${what}`;
    this.#end.abort(new LeaseReleasedError(message, cause === undefined ? {} : { cause }));
  }

  /** Stands down, stops renewing, and removes the record once the work has settled or the lease has run out. */
  async standDownAndRelease(cause?: unknown): Promise<void> {
    this.standDown(cause);
    if (this.#work !== null) {
      this.#keeper.drive("expiry");
      await Promise.race([this.#work, this.whenOver]);
    }
    await this.release();
  }

  /** Removes the record. Rejects at the first error; timers retry the removal. */
  async release(): Promise<void> {
    if (this.isOver) return;
    try {
      await this.#keeper.undo();
    } catch (error) {
      // If the bucket is gone, so is the record.
      if (!isMissing(error)) throw error;
    }
  }

  /** Ends the lease, because the machine no longer holds the lock. */
  ended(state: LeaseState): void {
    this.#cancelLimit();
    const end = endOfLease(this.lease.key, state);
    if (end instanceof LeaseLostError) this.loss = end;
    this.isOver = state.phase.at === "idle";
    this.#end.abort(end);
    if (this.isOver) this.#resolve();
  }
}
