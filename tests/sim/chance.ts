/**
 * Chance that a seed replays.
 *
 * @module
 */

import type { Random } from "../../src/base/random.ts";

/** A seeded source: the same seed, the same numbers (mulberry32). */
export class Chance implements Random {
  #state: number;

  /** Any whole number. */
  constructor(seed: number) {
    // Neighbouring seeds begin far apart.
    this.#state = Math.imul(seed ^ 0x9e3779b9, 0x85ebca6b) >>> 0;
  }

  /** A number in [0, 1). */
  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let mixed = this.#state;
    mixed = Math.imul(mixed ^ (mixed >>> 15), mixed | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  }

  /** A UUID made of this chance. */
  uuid(): string {
    const digits = (count: number) => Math.floor(this.next() * 16 ** count).toString(16).padStart(count, "0");
    return `${digits(8)}-${digits(4)}-${digits(4)}-${digits(4)}-${digits(6)}${digits(6)}`;
  }

  /** True with this probability. */
  happens(probability: number): boolean {
    return this.next() < probability;
  }

  /** A whole number from `from` up to, not including, `to`. */
  between(from: number, to: number): number {
    return from + Math.floor(this.next() * (to - from));
  }

  /** One of several. */
  pick<T>(among: readonly T[]): T {
    return among[this.between(0, among.length)] as T;
  }
}
