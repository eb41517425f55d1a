/** A queue for one at a time within a process. */

import { wait } from "./wait.ts";

/** Lets the next in; a second call does nothing. */
export type Unlock = () => void;

/** Lets one in at a time, first come first served. */
export class Mutex {
  readonly #waiting = new Set<(unlock: Unlock) => void>();
  #inside = false;

  /** Goes in if nobody is inside and nobody waits; `null` if it is taken. */
  tryLock(): Unlock | null {
    if (this.#inside) return null;
    this.#inside = true;
    return this.#exit();
  }

  /** Waits for its turn. Rejects with the signal's reason when that is aborted; the place is then given up. */
  async lock(signal?: AbortSignal): Promise<Unlock> {
    return this.tryLock() ?? await wait<Unlock>(signal, (goIn) => {
      this.#waiting.add(goIn);
      return () => this.#waiting.delete(goIn);
    });
  }

  /** Does its work inside. */
  async runExclusive<T>(work: () => T | Promise<T>): Promise<T> {
    const unlock = await this.lock();
    try {
      return await work();
    } finally {
      unlock();
    }
  }

  #exit(): Unlock {
    let left = false;
    return () => {
      if (left) return;
      left = true;
      const [next] = this.#waiting;
      if (next) next(this.#exit());
      else this.#inside = false;
    };
  }
}
