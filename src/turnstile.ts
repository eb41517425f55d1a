/**
 * A queue for one at a time within a process.
 *
 * @module
 */

/** Lets one in at a time, first come first served. */
export class Turnstile {
  readonly #waiting: (() => void)[] = [];
  #inside = false;

  /** Goes in if nobody is inside and nobody waits. Returns what lets the next in, callable once; `null` if it is taken. */
  tryEnter(): (() => void) | null {
    if (this.#inside) return null;
    this.#inside = true;
    return this.#exit();
  }

  /** Waits for its turn. Rejects with the signal's reason when that is aborted; the place is then given up. */
  enter(signal: AbortSignal | undefined): Promise<() => void> {
    const free = this.tryEnter();
    if (free !== null) return Promise.resolve(free);
    return new Promise((resolve, reject) => {
      const giveUp = () => {
        this.#waiting.splice(this.#waiting.indexOf(goIn), 1);
        reject(signal?.reason);
      };
      const goIn = () => {
        signal?.removeEventListener("abort", giveUp);
        resolve(this.#exit());
      };
      this.#waiting.push(goIn);
      signal?.addEventListener("abort", giveUp, { once: true });
    });
  }

  #exit(): () => void {
    let done = false;
    return () => {
      if (done) return;
      done = true;
      const next = this.#waiting.shift();
      if (next) next();
      else this.#inside = false;
    };
  }
}
