/** A clock that is moved by hand, for tests. */

import type { Clock } from "../base/clock.ts";

interface Timer {
  readonly due: number;
  readonly callback: () => void;
}

/** Turns of the microtask queue that let everything settle which waits for nothing but promises. */
const TURNS = 32;

/** Time stands still until {@linkcode ManualClock.advance} moves it. All values are milliseconds. */
export class ManualClock implements Clock {
  #now = 0;
  #wall: number;
  readonly #timers = new Set<Timer>();

  /** Starts at 0; the wall clock at `wall` milliseconds since the Unix epoch. */
  constructor(wall = 1_800_000_000_000) {
    this.#wall = wall;
  }

  /** Milliseconds by which the clock was moved so far. */
  now(): number {
    return this.#now;
  }

  /** Milliseconds since the Unix epoch. */
  wall(): number {
    return this.#wall;
  }

  /** How many timers are waiting: 0 when nothing was left behind. */
  get pending(): number {
    return this.#timers.size;
  }

  /** Calls back when the clock was moved by `delay`. Returns a function that cancels it. */
  after(delay: number, callback: () => void): () => void {
    const timer: Timer = { due: this.#now + Math.max(0, delay), callback };
    this.#timers.add(timer);
    return () => this.#timers.delete(timer);
  }

  /** Moves time on by `ms`, fires what falls due in order, and lets promises settle before and after each. */
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

  /** Never back, even if advanced from within. */
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
