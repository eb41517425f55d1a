/** The lease: what a user gets with a grant. */

import { LeaseLostError, LeaseReleasedError, type LossReason, type NatslockError } from "../base/errors.ts";
import type { LeaseState } from "./model.ts";

/** What a {@linkcode Lease} needs from whatever keeps its record. */
export interface LeaseControls {
  /** Returns the milliseconds until this lease ends by the clock; 0 once it has ended. */
  remaining(): number;
  /** Removes the record if it is still ours. Resolves when the removal is confirmed. */
  release(): Promise<void>;
}

/**
 * A lock that is held. It renews itself until it is released or lost.
 *
 * Stop the work when `signal` aborts. Pass `token` to the resource that the lock protects, so that it can refuse an
 * earlier holder: no lease stops a process that was paused in the middle of a write.
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
  /**
   * Fencing token. Constant during the hold, and greater than the token of every earlier hold of this key and epoch.
   */
  readonly token: number;
  /**
   * Identity of the bucket's stream: its creation time. Tokens compare only within one epoch.
   *
   * @example What a protected resource stores beside its data, and what it refuses
   * ```ts ignore
   * import { type Lease, Locker } from "@x/natslock";
   *
   * const seen: { epoch: string | null; token: number } = { epoch: null, token: 0 };
   *
   * function write(text: string, { epoch, token }: Lease): void {
   *   // In a re-created bucket tokens start at 1 again. Only a person can tell that no older write is on its way.
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
  /** Aborts when the lease ends. The reason is a {@linkcode LeaseLostError} or a {@linkcode LeaseReleasedError}. */
  readonly signal: AbortSignal;
  readonly #keeping: LeaseControls;
  #releasing: Promise<void> | null = null;

  /** Called by a Locker; user code does not need it. */
  constructor(about: { key: string; token: number; epoch: string; signal: AbortSignal }, keeping: LeaseControls) {
    ({ key: this.key, token: this.token, epoch: this.epoch, signal: this.signal } = about);
    this.#keeping = keeping;
    this[Symbol.asyncDispose] = () => this.release();
  }

  /** True while the lease is valid. Each access compares the clock, so it is right even if no timer could run. */
  get held(): boolean {
    return this.remaining > 0;
  }

  /** Milliseconds until this lease ends if no further renewal is confirmed; 0 once it has ended. */
  get remaining(): number {
    const remaining = this.#keeping.remaining();
    return this.signal.aborted ? 0 : remaining;
  }

  /**
   * Releases the lock. Aborts the signal at once, then removes the record, so that another candidate can get the lock.
   * Never removes a successor's record. Sends nothing after a loss or after a confirmed release.
   *
   * Waits for the answer to a renewal in flight and for the answer to the removal, each at most
   * `timing.requestTimeout`. If `lead()`, `releaseLead()` or `close()` has already asked the work to stop, resolves at
   * once: the record is then removed when the work has settled.
   *
   * @throws {ConnectionError} if the removal could not be confirmed. It is tried again in the background until the
   * record would have expired by itself, and by the next call
   */
  release(): Promise<void> {
    this.#releasing ??= this.#keeping.release().finally(() => this.#releasing = null);
    return this.#releasing;
  }

  /** Releases the lock as {@linkcode Lease.release} does, for `await using`. */
  declare readonly [Symbol.asyncDispose]: () => Promise<void>;
}

const LOSSES: Readonly<Record<LossReason, string>> = {
  deadline: "no renewal was confirmed in time",
  superseded: "the key has another record",
  removed: "its record is gone",
  stolen: "it was taken on purpose",
  closed: "the connection is closed",
};

/** Returns the reason with which a lease's signal aborts: lost, or else released. */
export function endOfLease(key: string, { phase }: LeaseState): NatslockError {
  const end = "end" in phase ? phase.end : null;
  if (end?.kind !== "lost") return new LeaseReleasedError(`The lease of key "${key}" was released`);
  const { why, error } = end;
  return new LeaseLostError(why, `The lease of key "${key}" was lost: ${LOSSES[why]}`, { cause: error ?? undefined });
}
