/**
 * Clocks and timers of a runtime, moved by hand.
 *
 * @module
 */

import { SystemClock, type TimeSources } from "../../src/base/clock.ts";

export const HOUR = 3_600_000;
export const LONGEST_TIMEOUT = 2 ** 31 - 1;

/** Two clocks moved by hand; the wall has whole milliseconds, as `Date.now()`. */
export class Sources implements TimeSources {
  mono = 500.25;
  epoch = 1_800_000_000_000.75;
  /** Apart from `epoch`, which is too large for the sum of a million small steps. */
  #passed = 0;

  monotonic(): number {
    return this.mono;
  }

  wall(): number {
    return Math.floor(this.epoch + this.#passed);
  }

  later(delay: number, callback: () => void): () => void {
    const timer = setTimeout(callback, delay);
    return () => clearTimeout(timer);
  }

  pass(ms: number): void {
    this.mono += ms;
    this.#passed += ms;
  }

  /** The monotonic clock stands still meanwhile. */
  sleep(ms: number): void {
    this.epoch += ms;
  }
}

interface Timeout {
  readonly callback: () => void;
  readonly delay: number;
}

/** Runs a body in which `setTimeout` only notes what it was asked for. */
export function withTimeouts(body: (set: Timeout[], cleared: unknown[]) => void): void {
  const { setTimeout, clearTimeout } = globalThis;
  const set: Timeout[] = [];
  const cleared: unknown[] = [];
  const note = (callback: () => void, delay: number) => set.push({ callback, delay });
  globalThis.setTimeout = note as unknown as typeof setTimeout;
  globalThis.clearTimeout = (id) => void cleared.push(id);
  try {
    body(set, cleared);
  } finally {
    Object.assign(globalThis, { setTimeout, clearTimeout });
  }
}

export function make(): { clock: SystemClock; sources: Sources } {
  const sources = new Sources();
  return { clock: new SystemClock(sources), sources };
}
