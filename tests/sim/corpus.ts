/**
 * Seeds that were red once, each with what it was. They run in every test.
 *
 * @module
 */

/** One seed of the corpus. */
export interface Relic {
  readonly seed: number;
  /** What it showed. */
  readonly was: string;
}

export const CORPUS: readonly Relic[] = [];
