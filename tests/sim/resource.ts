/**
 * What the lock protects: it keeps the highest token and refuses older ones.
 *
 * @module
 */

/** Accepts a write whose token is no older than any it has seen. */
export class Resource {
  #highest: readonly [era: number, token: number] = [0, 0];
  /** How many writes came too late. */
  refused = 0;

  /** True if the write was accepted. */
  write(era: number, token: number): boolean {
    const [highestEra, highest] = this.#highest;
    const fresh = era > highestEra || (era === highestEra && token >= highest);
    if (fresh) this.#highest = [era, token];
    else this.refused++;
    return fresh;
  }
}
