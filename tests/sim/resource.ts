/**
 * The resource that the lock protects. It stores the highest token and refuses lower ones.
 *
 * @module
 */

/** Accepts a write if its token is not lower than any token before. */
export class Resource {
  #highest: readonly [era: number, token: number] = [0, 0];
  /** Number of writes that were refused. */
  refused = 0;

  /** Returns true if the write was accepted. */
  write(era: number, token: number): boolean {
    const [highestEra, highest] = this.#highest;
    const fresh = era > highestEra || (era === highestEra && token >= highest);
    if (fresh) this.#highest = [era, token];
    else this.refused++;
    return fresh;
  }
}
