/**
 * A set of 64-bit fingerprints.
 *
 * @module
 */

/** A hash table that grows. It needs 8 bytes per place and fills at most two thirds of its places. */
export class Seen {
  /** Number of elements. */
  size = 0;
  #mask: number;
  #highs: Int32Array;
  #lows: Int32Array;

  /** Creates an empty set. `places`: initial number of places, a power of two. */
  constructor(places: number = 1 << 16) {
    this.#mask = places - 1;
    this.#highs = new Int32Array(places);
    this.#lows = new Int32Array(places);
  }

  /** Adds a fingerprint. Returns false if it is already in the set. */
  add(high: number, low: number): boolean {
    // Two zeros mark a free place.
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
