/** A mutex between callers within one process. */

import { wait } from "./wait.ts";

/** Unlocks the mutex, or passes it on to the next waiter. Further calls do nothing. */
export type Unlock = () => void;

/** In-process FIFO mutex: one caller holds it at a time, and waiters get it in the order of their calls. */
export class Mutex {
  readonly #waiting = new Set<(unlock: Unlock) => void>();
  #isLocked = false;

  /** Locks the mutex if it is free. Returns the function that unlocks it, or `null` if the mutex is locked. */
  tryLock(): Unlock | null {
    if (this.#isLocked) return null;
    this.#isLocked = true;
    return this.#unlocker();
  }

  /**
   * Waits, without a time limit, until the mutex is locked for this caller. If the signal aborts, leaves the queue and
   * rejects with the signal's reason.
   */
  async lock(signal?: AbortSignal): Promise<Unlock> {
    return this.tryLock() ?? await wait<Unlock>(signal, (resolve) => {
      this.#waiting.add(resolve);
      return () => this.#waiting.delete(resolve);
    });
  }

  /** Waits for the mutex, runs `work` while it is locked, and settles as `work` does. */
  async runExclusive<T>(work: () => T | Promise<T>): Promise<T> {
    const unlock = await this.lock();
    try {
      return await work();
    } finally {
      unlock();
    }
  }

  #unlocker(): Unlock {
    let left = false;
    return () => {
      if (left) return;
      left = true;
      const [next] = this.#waiting;
      if (next) next(this.#unlocker());
      else this.#isLocked = false;
    };
  }
}
