/**
 * Random numbers that are determined by a seed.
 *
 * @module
 */

import type { Random } from "../../src/base/random.ts";

/** A seeded random number generator (mulberry32). The same seed gives the same numbers. */
export class Chance implements Random {
  #state: number;

  /** `seed`: any whole number. */
  constructor(seed: number) {
    // Consecutive seeds must start with very different states.
    this.#state = Math.imul(seed ^ 0x9e3779b9, 0x85ebca6b) >>> 0;
  }

  /** Returns a number in [0, 1). */
  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let mixed = this.#state;
    mixed = Math.imul(mixed ^ (mixed >>> 15), mixed | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  }

  /** Returns a UUID made of these random numbers. */
  uuid(): string {
    const digits = (count: number) => Math.floor(this.next() * 16 ** count).toString(16).padStart(count, "0");
    return `${digits(8)}-${digits(4)}-${digits(4)}-${digits(4)}-${digits(6)}${digits(6)}`;
  }

  /** Returns true with this probability. */
  happens(probability: number): boolean {
    return this.next() < probability;
  }

  /** Returns a whole number from `from` up to, but not including, `to`. */
  between(from: number, to: number): number {
    return from + Math.floor(this.next() * (to - from));
  }

  /** Returns a random element. */
  pick<T>(among: readonly T[]): T {
    return among[this.between(0, among.length)] as T;
  }
}
