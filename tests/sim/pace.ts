/**
 * Limits how many requests a machine may send in a period.
 *
 * @module
 */

/**
 * The maximum number of requests of one machine within one pause after a transient error (`retryEvery`). The user may
 * make several calls in that time. Each call may send five requests in a row, two after a pause for contention, and
 * five for a removal.
 */
const MOST = 36;

/** Counts requests within a sliding window. Times are in milliseconds. */
export class Pace {
  readonly #window: number;
  readonly #sent: number[] = [];

  /** `window`: its length in ms. */
  constructor(window: number) {
    this.#window = window;
  }

  /** Counts requests that are sent now. Returns false if there are too many within the window for so many users. */
  keeps(requests: number, now: number, users = 1): boolean {
    for (let left = requests; left > 0; left--) this.#sent.push(now);
    while ((this.#sent[0] ?? now) < now - this.#window) this.#sent.shift();
    return this.#sent.length <= users * MOST;
  }
}
