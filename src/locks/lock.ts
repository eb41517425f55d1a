/** The lock: what a user of a lock manager gets with a grant. */

import type { LockMode } from "../store/ticket.ts";

/** What a {@linkcode Lock} needs from whatever keeps its ticket. */
export interface LockControls {
  /** Returns the milliseconds until the lock ends by the clock; 0 once it has ended. */
  remaining(): number;
  /** Removes the ticket if it still stands. Resolves when the removal is confirmed. */
  release(): Promise<void>;
}

/** The public fields of a {@linkcode Lock}. */
export type LockFields = Pick<Lock, "name" | "mode" | "token" | "epoch" | "signal">;

/**
 * A lock that is held. It is held until it is released or lost, at most for 90 % of `maxHold` from the request.
 *
 * Stop the work when `signal` aborts. Pass `token` to the resource that the lock protects, so that it can refuse an
 * earlier holder: no lock stops a process that was paused in the middle of a write.
 *
 * @example Hold a lock while a block runs
 * ```ts ignore
 * import { LockManager } from "@x/natslock";
 *
 * await using locks = await LockManager.open({ servers: "ws://127.0.0.1:8080", bucket: "queues" });
 * {
 *   await using lock = await locks.acquire("orders/4711", { timeout: 5000 });
 *   console.log(lock.token, lock.held, lock.remaining);
 * } // released here
 * ```
 */
export class Lock {
  /** Name of the lock. */
  readonly name: string;
  /** How it is held: `exclusive` alone, `shared` together with others. */
  readonly mode: LockMode;
  /**
   * Fencing token: place of the request in the queue. Of two locks of the same name and epoch that may not be held at
   * once, the later has the greater token.
   */
  readonly token: number;
  /** Identity of the bucket's stream: its creation time. Tokens compare only within one epoch. */
  readonly epoch: string;
  /**
   * Aborts when the lock ends: the reason is a `LeaseLostError` after a loss or a theft, a `LeaseReleasedError` after a
   * release, or when the manager closes. Without a network it aborts when the lease of the session is over by the clock.
   */
  readonly signal: AbortSignal;
  readonly #controls: LockControls;

  /** Called by a LockManager; user code does not need it. */
  constructor(fields: LockFields, controls: LockControls) {
    ({ name: this.name, mode: this.mode, token: this.token, epoch: this.epoch, signal: this.signal } = fields);
    this.#controls = controls;
    this[Symbol.asyncDispose] = () => this.release();
  }

  /** True while the lock is valid. Each access compares the clock, so it is right even if no timer could run. */
  get held(): boolean {
    return this.remaining > 0;
  }

  /**
   * Milliseconds until this lock ends if the session is not renewed any more; 0 once it has ended. The session renews
   * itself, so this rises with each renewal.
   */
  get remaining(): number {
    return this.signal.aborted ? 0 : this.#controls.remaining();
  }

  /**
   * Releases the lock. Aborts the signal at once, then removes the ticket, so that the next request can hold. Never
   * removes the ticket of another. Sends nothing after a loss or a release.
   *
   * Waits for the answer to the removal, at most `timing.requestTimeout`. There is no way to cancel it.
   *
   * @throws {ConnectionError} if the removal could not be confirmed. The lock counts as released even so. The removal is
   * tried again in the background until it is confirmed or the session ends; another call waits for that try
   */
  release(): Promise<void> {
    return this.#controls.release();
  }

  /** Releases the lock as {@linkcode Lock.release} does, for `await using`. */
  declare readonly [Symbol.asyncDispose]: () => Promise<void>;
}
