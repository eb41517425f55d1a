/** A lease that was granted, from then until its record is settled. */

import { isMissing, LeaseReleasedError } from "../base/errors.ts";
import type { Keeper } from "../lease/keeper.ts";
import { endOfLease, Lease } from "../lease/lease.ts";
import type { LeaseState } from "../lease/model.ts";

/** What a lease says of itself. */
type About = Pick<Lease, "key" | "token" | "epoch">;

/** One hold by a lease. */
export class Hold {
  readonly lease: Lease;
  /** Resolves once the record is settled: given back, lost, or run out. */
  readonly over: Promise<void>;
  /** True once somebody was warned that it keeps others of its Locker waiting. */
  isBlamed = false;
  /** True once the record is settled. */
  isOver = false;
  readonly #keeper: Keeper;
  readonly #end = new AbortController();
  #resolve = () => {};
  /** Settles when the work that is done under it has; `null` if it is held by hand. */
  #work: Promise<void> | null = null;

  /** The machine of `keeper` has just been granted it; time drives it from now on. */
  constructor(about: About, keeper: Keeper) {
    this.over = new Promise((resolve) => this.#resolve = resolve);
    this.#keeper = keeper;
    this.lease = new Lease({ ...about, signal: this.#end.signal }, {
      remaining: () => this.isOver ? 0 : keeper.remaining,
      // The record of work that was told to stop is taken back once that has settled.
      release: async () => {
        if (this.#work === null || !this.isStandingDown) await this.release();
      },
    });
    keeper.drive("time");
  }

  /** True while its work is to stop and its record still keeps others out. */
  get isStandingDown(): boolean {
    return this.#keeper.state.phase.at === "held" && this.#end.signal.aborted;
  }

  /** Does work under it. */
  async do<T>(work: () => T | Promise<T>): Promise<T> {
    let settled = () => {};
    // Before the work begins: it may close its Locker before it yields.
    this.#work = new Promise<void>((done) => settled = done);
    try {
      return await work();
    } finally {
      settled();
    }
  }

  /** Its work is to stop, since it is given back, or for the `cause`; its record is kept. */
  standDown(cause?: unknown): void {
    const message = `The lease of key "${this.lease.key}" is being released`;
    this.#end.abort(new LeaseReleasedError(message, cause === undefined ? {} : { cause }));
  }

  /** Stands down, and takes the record back once its work has settled, unless it runs out before: it is not renewed. */
  async giveBack(cause?: unknown): Promise<void> {
    this.standDown(cause);
    if (this.#work !== null) {
      this.#keeper.drive("expiry");
      await Promise.race([this.#work, this.over]);
    }
    await this.release();
  }

  /** Takes the record back. Rejects at the first trouble; time goes on trying. */
  async release(): Promise<void> {
    if (this.isOver) return;
    try {
      await this.#keeper.undo();
    } catch (error) {
      // Where the bucket is gone, so is the record.
      if (!isMissing(error)) throw error;
    }
  }

  /** The machine does not hold any more. */
  ended(state: LeaseState): void {
    this.#end.abort(endOfLease(this.lease.key, state));
    if (state.phase.at !== "idle") return;
    this.isOver = true;
    this.#resolve();
  }
}
