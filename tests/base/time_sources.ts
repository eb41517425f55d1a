/**
 * Manually advanced clocks and timers of a runtime.
 *
 * @module
 */

import { SystemClock, type TimeSources } from "../../src/base/clock.ts";

export const HOUR = 3_600_000;
export const LONGEST_TIMEOUT = 2 ** 31 - 1;

/** Two manually advanced clocks. Like `Date.now()`, the wall clock has whole milliseconds. */
export class Sources implements TimeSources {
  mono = 500.25;
  epoch = 1_800_000_000_000.75;
  /** Separate from `epoch`. That number is so large that adding a million small steps to it would lose precision. */
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

  /** Lets the machine sleep: the monotonic clock does not advance. */
  sleep(ms: number): void {
    this.epoch += ms;
  }
}

interface Timeout {
  readonly callback: () => void;
  readonly delay: number;
}

/** Runs `body` while `setTimeout` and `clearTimeout` only record their calls. */
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
