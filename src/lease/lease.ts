/** The lease: what a holder holds in the hand. */

import { LeaseLostError, LeaseReleasedError, type LossReason, type NatslockError } from "../base/errors.ts";
import type { LeaseState } from "./model.ts";

/** What a lease asks of the one who keeps it. */
export interface LeaseControls {
  /** Milliseconds until this hold is over by the clock; 0 once it is. */
  remaining(): number;
  /** Takes the record back, if it is still ours; resolves when that is confirmed. */
  release(): Promise<void>;
}

/**
 * A lock that is held and keeps itself renewed, until it is released or lost.
 *
 * Pass `token` to what the lock protects, so that it can refuse an older holder; stop the work when `signal` aborts.
 *
 * @example Hold a lock while a block runs
 * ```ts ignore
 * import { Locker } from "@x/natslock";
 *
 * await using locker = await Locker.open({ servers: "ws://127.0.0.1:8080", bucket: "locks", ttl: 15_000 });
 * {
 *   await using lease = await locker.acquire({ timeout: 5000 });
 *   console.log(lease.token, lease.held, lease.remaining);
 * } // released here
 * ```
 */
export class Lease {
  /** Key of the lock. */
  readonly key: string;
  /** Fencing token: constant for the hold, greater than that of every earlier hold of this key in this epoch. */
  readonly token: number;
  /**
   * Identity of the bucket's stream (its creation time): tokens compare only within one epoch.
   *
   * @example What a protected resource keeps beside its data, and refuses
   * ```ts ignore
   * import { type Lease, Locker } from "@x/natslock";
   *
   * const seen: { epoch: string | null; token: number } = { epoch: null, token: 0 };
   *
   * function write(text: string, { epoch, token }: Lease): void {
   *   // In a bucket made anew tokens begin at 1 again: only a person can say that nothing older is on its way.
   *   if (seen.epoch !== null && seen.epoch !== epoch) throw new Error(`Another bucket, made at ${epoch}`);
   *   if (token < seen.token) throw new Error(`Token ${token} is older than ${seen.token}`);
   *   Object.assign(seen, { epoch, token });
   *   console.log(text);
   * }
   *
   * await using locker = await Locker.open({ servers: "ws://127.0.0.1:8080", bucket: "locks", ttl: 15_000 });
   * await locker.run((lease) => write("one piece of work", lease));
   * ```
   */
  readonly epoch: string;
  /** Aborted once the lease is no longer held; the reason is a {@linkcode LeaseLostError} or {@linkcode LeaseReleasedError}. */
  readonly signal: AbortSignal;
  readonly #keeping: LeaseControls;
  #releasing: Promise<void> | null = null;

  /** Made by a Locker. */
  constructor(about: { key: string; token: number; epoch: string; signal: AbortSignal }, keeping: LeaseControls) {
    ({ key: this.key, token: this.token, epoch: this.epoch, signal: this.signal } = about);
    this.#keeping = keeping;
  }

  /** True while the lock may be acted on; compared with the clock at each look, whether or not a timer ran (L5). */
  get held(): boolean {
    return this.remaining > 0;
  }

  /** Milliseconds until this lease ends if no further renewal is confirmed; 0 once it is no longer held. */
  get remaining(): number {
    const remaining = this.#keeping.remaining();
    return this.signal.aborted ? 0 : remaining;
  }

  /**
   * Gives the lock back: the signal aborts at once, then the record is removed, so that another is granted. Never
   * touches a successor's record. A call after a loss, or after a release that was confirmed, sends nothing. Waits for a
   * renewal in flight and for the answer, each at most `timing.requestTimeout`.
   * @throws {ConnectionError} if the removal could not be confirmed; it is tried again in the background until the
   * record would have run out by itself, and by the next call
   */
  release(): Promise<void> {
    this.#releasing ??= this.#keeping.release().finally(() => this.#releasing = null);
    return this.#releasing;
  }

  /** The same as {@linkcode Lease.release}, for `await using`. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.release();
  }
}

const LOSSES: Readonly<Record<LossReason, string>> = {
  deadline: "no renewal was confirmed before its end",
  superseded: "another record stands under the key",
  removed: "its record is gone",
  stolen: "it was taken on purpose",
  closed: "the connection is closed",
};

/** The reason a lease's signal aborts with. */
export function endOfLease(key: string, { phase }: LeaseState): NatslockError {
  const end = "end" in phase ? phase.end : null;
  if (end?.kind !== "lost") return new LeaseReleasedError(`The lease of key "${key}" was released`);
  const { why, error } = end;
  return new LeaseLostError(why, `The lease of key "${key}" was lost: ${LOSSES[why]}`, { cause: error ?? undefined });
}
