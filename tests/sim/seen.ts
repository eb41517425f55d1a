/**
 * A set of 64-bit fingerprints.
 *
 * @module
 */

/** Grows as it fills; 8 bytes for each place, at most two thirds of the places taken. */
export class Seen {
  /** How many are in it. */
  size = 0;
  #mask: number;
  #highs: Int32Array;
  #lows: Int32Array;

  /** Empty, with room for some. */
  constructor(places: number = 1 << 16) {
    this.#mask = places - 1;
    this.#highs = new Int32Array(places);
    this.#lows = new Int32Array(places);
  }

  /** Puts one in; false if it is in already. */
  add(high: number, low: number): boolean {
    // A place with two zeros is free.
    const first = high === 0 && low === 0 ? 1 : high;
    if (!this.#put(first, low)) return false;
    this.size++;
    if (this.size * 3 > this.#mask * 2) this.#grow();
    return true;
  }

  #put(high: number, low: number): boolean {
    const highs = this.#highs;
    const lows = this.#lows;
    for (let at = (low ^ high << 7) & this.#mask;; at = (at + 1) & this.#mask) {
      if (highs[at] === 0 && lows[at] === 0) {
        highs[at] = high;
        lows[at] = low;
        return true;
      }
      if (highs[at] === high && lows[at] === low) return false;
    }
  }

  #grow(): void {
    const [highs, lows] = [this.#highs, this.#lows];
    const places = 2 * highs.length;
    this.#mask = places - 1;
    this.#highs = new Int32Array(places);
    this.#lows = new Int32Array(places);
    for (let at = 0; at < highs.length; at++) {
      const [high, low] = [highs[at] as number, lows[at] as number];
      if (high !== 0 || low !== 0) this.#put(high, low);
    }
  }
}
