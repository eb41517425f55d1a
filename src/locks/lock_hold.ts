/** One granted lock: ties what the user has to the ticket and to the session. */

import { LeaseLostError, LeaseReleasedError, type LossReason, type NatslockError, show } from "../base/errors.ts";
import { Lock, type LockFields } from "./lock.ts";
import type { TicketKeeper } from "./ticket_keeper.ts";

/** What a hold needs from its session. */
export interface HoldGround {
  /** Milliseconds until the session or the ticket is over by the clock. */
  remaining(): number;
  /** Calls `callback` once after `delay` milliseconds. Returns a function that cancels the call. */
  after(delay: number, callback: () => void): () => void;
  /** Time in milliseconds from now until the bucket may remove the ticket, less the margin. */
  readonly validFor: number;
}

const LOSSES: Readonly<Record<LossReason, string>> = {
  deadline: "its session was not renewed in time, or it was held for as long as the bucket keeps tickets",
  superseded: "its session was replaced",
  removed: "its session is over",
  stolen: "it was taken on purpose",
  closed: "the connection is closed",
};

/** One lock from its grant until its ticket is gone. */
export class LockHold {
  readonly lock: Lock;
  readonly #keeper: TicketKeeper;
  readonly #end = new AbortController();
  readonly #cancel: () => void;
  /** Callers of `release()`, to be told of the first error. */
  #releasing: ((error: NatslockError | null) => void)[] = [];
  #isGone = false;
  #isWorking = false;
  #settled = () => {};
  /** Resolves once the work under the lock has ended: the callback has settled, or the lock of a user was released. */
  readonly whenDone: Promise<void>;
  #done = () => {};

  constructor(fields: Omit<LockFields, "signal">, keeper: TicketKeeper, ground: HoldGround) {
    this.#keeper = keeper;
    this.whenDone = new Promise((resolve) => this.#done = resolve);
    this.lock = new Lock({ ...fields, signal: this.#end.signal }, {
      remaining: () => {
        const remaining = ground.remaining();
        // The lock ends here if the timer for it has not run yet, so that it never ends without a reason.
        if (remaining <= 0) this.lost("deadline", null);
        return remaining;
      },
      release: () => this.release(),
    });
    this.#cancel = ground.after(ground.validFor, () => this.lost("deadline", null));
  }

  /** Why the lock was lost; `null` if it was not. */
  get loss(): LeaseLostError | null {
    const { signal } = this.lock;
    return signal.reason instanceof LeaseLostError ? signal.reason : null;
  }

  /** Runs work under the lock, then releases it. */
  async runWork<T>(work: () => T | Promise<T>): Promise<T> {
    this.#isWorking = true;
    try {
      return await work();
    } finally {
      this.#isWorking = false;
      this.#done();
      this.#settled();
    }
  }

  /** True while work runs under the lock. */
  get isWorking(): boolean {
    return this.#isWorking;
  }

  /** Resolves when no work runs under the lock. */
  async whenSettled(): Promise<void> {
    if (this.#isWorking) await new Promise<void>((resolve) => this.#settled = resolve);
  }

  /** Asks the work to stop by aborting the signal. Removes the ticket if no work runs under the lock. */
  close(cause: NatslockError): void {
    this.#standDown(cause);
    if (!this.#isWorking) this.release().catch(() => {});
  }

  #standDown(cause?: NatslockError): void {
    const message = `The lock ${show(this.lock.name)} is being released`;
    this.#abort(new LeaseReleasedError(message, cause === undefined ? {} : { cause }));
  }

  /** Removes the ticket. Rejects at the first error; the removal is then tried again in the background. */
  async release(): Promise<void> {
    if (!this.#isWorking) this.#done();
    this.#standDown();
    if (this.#isGone) return;
    const outcome = new Promise<NatslockError | null>((resolve) => this.#releasing.push(resolve));
    this.#keeper.post({ on: "leave" });
    const error = await outcome;
    if (error !== null) throw error;
  }

  /** The lock is lost. Its ticket is removed if it still stands. */
  lost(why: LossReason, error: NatslockError | null): void {
    const message = `The lock ${show(this.lock.name)} was lost: ${LOSSES[why]}`;
    this.#abort(new LeaseLostError(why, message, { cause: error ?? undefined }));
    this.#keeper.post({ on: "leave" });
  }

  /** A removal failed and is tried again. */
  troubled(error: NatslockError): void {
    this.#tell(error);
  }

  /** Nothing of the ticket is stored, or it is left to others. */
  gone(error: NatslockError | null): void {
    this.#isGone = true;
    this.#cancel();
    this.#tell(error);
  }

  #abort(reason: NatslockError): void {
    this.#cancel();
    if (!this.#end.signal.aborted) this.#end.abort(reason);
  }

  #tell(error: NatslockError | null): void {
    for (const resolve of this.#releasing.splice(0)) resolve(error);
  }
}

/** Returns the error of a request whose lock, or whose place as a thief, was stolen: the one that browsers give. */
export const stolenError = (name: string): DOMException =>
  new DOMException(`The lock ${show(name)} was stolen`, "AbortError");
