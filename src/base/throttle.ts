/** Slows down what comes too often, so that a store that answers at once and for ever gets no flood of requests. */

import type { Clock } from "./clock.ts";

/** How much is allowed. */
export interface ThrottleOptions {
  /** Most in a row without a pause. */
  readonly burst: number;
  /** Most per period, after that. */
  readonly most: number;
}

/** Counts what happens, and tells how long the next one has to wait. */
export class Throttle {
  readonly #clock: Clock;
  readonly #options: ThrottleOptions;
  /** How many may still follow without a pause, as of `#countedAt`. */
  #credit: number;
  #countedAt: number;

  constructor(clock: Clock, options: ThrottleOptions) {
    this.#clock = clock;
    this.#options = options;
    this.#credit = options.burst;
    this.#countedAt = clock.now();
  }

  /** Counts one, and returns how long it has to wait. Both values are milliseconds. */
  next(period: number): number {
    this.#gain(period);
    this.#credit--;
    return Math.max(0, -this.#credit * period / this.#options.most);
  }

  /** Returns false if one more is too many now. Counts it else. `period`: milliseconds. */
  allows(period: number): boolean {
    this.#gain(period);
    if (this.#credit < 1) return false;
    this.#credit--;
    return true;
  }

  /** Counts something that does not wait itself, as so many. */
  spend(count: number): void {
    this.#credit -= count;
  }

  /** Forgets what happened so far. */
  reset(): void {
    this.#credit = this.#options.burst;
  }

  #gain(period: number): void {
    const { burst, most } = this.#options;
    const now = this.#clock.now();
    this.#credit = Math.min(burst, this.#credit + (now - this.#countedAt) * most / period);
    this.#countedAt = now;
  }
}
