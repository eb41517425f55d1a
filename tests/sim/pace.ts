/**
 * How many requests leave within a while.
 *
 * @module
 */

/**
 * The most requests of one machine within a pause after trouble (`retryEvery`): its user may call some times in that
 * while, and each call may make five requests in a row, two after a pause for contention and five to take back.
 */
const MOST = 36;

/** Counts requests within a sliding window; times are milliseconds. */
export class Pace {
  readonly #window: number;
  readonly #sent: number[] = [];

  /** `window`: its length. */
  constructor(window: number) {
    this.#window = window;
  }

  /** So many leave now; false if that is too many within the window. */
  keeps(requests: number, now: number): boolean {
    for (let left = requests; left > 0; left--) this.#sent.push(now);
    while ((this.#sent[0] ?? now) < now - this.#window) this.#sent.shift();
    return this.#sent.length <= MOST;
  }
}
