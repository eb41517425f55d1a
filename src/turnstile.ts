/** A queue for one at a time within a process. */

import { wait } from "./patience.ts";

/** Lets the next in; a second call does nothing. */
export type Leave = () => void;

/** Lets one in at a time, first come first served. */
export class Turnstile {
  readonly #waiting = new Set<(leave: Leave) => void>();
  #inside = false;

  /** Goes in if nobody is inside and nobody waits; `null` if it is taken. */
  tryEnter(): Leave | null {
    if (this.#inside) return null;
    this.#inside = true;
    return this.#exit();
  }

  /** Waits for its turn. Rejects with the signal's reason when that is aborted; the place is then given up. */
  async enter(signal?: AbortSignal): Promise<Leave> {
    return this.tryEnter() ?? await wait<Leave>(signal, (goIn) => {
      this.#waiting.add(goIn);
      return () => this.#waiting.delete(goIn);
    });
  }

  /** Does its work inside. */
  async pass<T>(work: () => T | Promise<T>): Promise<T> {
    const leave = await this.enter();
    try {
      return await work();
    } finally {
      leave();
    }
  }

  #exit(): Leave {
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
