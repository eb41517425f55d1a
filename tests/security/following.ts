/**
 * Reads an observer one change at a time.
 *
 * @module
 */

import type { Leadership, Locker } from "@x/natslock";

/** Limit in milliseconds. If an observer misses changes, the test fails instead of hanging. */
const LONGEST = 20_000;

/** An observer that is read step by step. */
export class Following {
  readonly #end = new AbortController();
  readonly #timer = setTimeout(() => this.#end.abort(new Error("Nothing was observed any more")), LONGEST);
  readonly #leaders: AsyncIterator<Leadership | null>;

  /** Creates the observer. It starts with the first `next()`. */
  constructor(locker: Locker) {
    this.#leaders = locker.observe({ signal: this.#end.signal })[Symbol.asyncIterator]();
  }

  /** Returns the current leader at the first call, and the leader after the next change at each later call. */
  async next(): Promise<Leadership | null> {
    return (await this.#leaders.next()).value ?? null;
  }

  /** Ends the observer. */
  async [Symbol.asyncDispose](): Promise<void> {
    clearTimeout(this.#timer);
    await this.#leaders.return?.();
  }
}
