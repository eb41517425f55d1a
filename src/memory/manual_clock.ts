/** A clock for tests that is moved by hand. */

import type { Clock } from "../base/clock.ts";

interface Timer {
  readonly due: number;
  readonly callback: () => void;
}

/** Turns of the microtask queue that are waited for, so that code which waits only for promises can settle. */
const TURNS = 32;

/** A clock that stands still until {@linkcode ManualClock.advance} moves it. All values are milliseconds. */
export class ManualClock implements Clock {
  #now = 0;
  #wall: number;
  readonly #timers = new Set<Timer>();

  /** Starts the clock at 0, and its wall clock at `wall` milliseconds since the Unix epoch. */
  constructor(wall = 1_800_000_000_000) {
    this.#wall = wall;
  }

  /** Returns the milliseconds by which the clock was moved so far. */
  now(): number {
    return this.#now;
  }

  /** Returns the milliseconds since the Unix epoch. */
  wall(): number {
    return this.#wall;
  }

  /** Number of waiting timers: 0 if nothing was left behind. */
  get pending(): number {
    return this.#timers.size;
  }

  /**
   * Calls `callback` once, in the {@linkcode ManualClock.advance} that moves the clock by `delay` or more. Returns a
   * function that cancels the call.
   */
  after(delay: number, callback: () => void): () => void {
    const timer: Timer = { due: this.#now + Math.max(0, delay), callback };
    this.#timers.add(timer);
    return () => this.#timers.delete(timer);
  }

  /**
   * Moves time forward by `ms` and fires the timers that fall due, in their order and at their time. Lets promises
   * settle before and after each timer, and before it resolves.
   */
  async advance(ms: number): Promise<void> {
    const target = this.#now + Math.max(0, ms);
    await settle();
    for (
      let timer = this.#next(target);
      timer !== null;
      timer = this.#next(target)
    ) {
      this.#timers.delete(timer);
      this.#moveTo(timer.due);
      timer.callback();
      await settle();
    }
    this.#moveTo(target);
    await settle();
  }

  /** Never moves time back, even if a callback advances the clock. */
  #moveTo(to: number): void {
    const time = Math.max(this.#now, to);
    this.#wall += time - this.#now;
    this.#now = time;
  }

  #next(target: number): Timer | null {
    let first: Timer | null = null;
    for (const timer of this.#timers) {
      if (timer.due <= target && (first === null || timer.due < first.due)) {
        first = timer;
      }
    }
    return first;
  }
}

async function settle(): Promise<void> {
  for (let turn = 0; turn < TURNS; turn++) await Promise.resolve();
}
