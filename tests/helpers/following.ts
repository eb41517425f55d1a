/**
 * Follows who leads, one change at a time.
 *
 * @module
 */

import type { Leadership, Locker } from "@x/natslock";

/** Longest time that is followed, in milliseconds: a deaf observer should fail a test, not hang it. */
const LONGEST = 20_000;

/** An observer that is read step by step. */
export class Following {
  readonly #end = new AbortController();
  readonly #timer = setTimeout(() => this.#end.abort(new Error("Nothing was observed any more")), LONGEST);
  readonly #leaders: AsyncIterator<Leadership | null>;

  /** Begins at the first `next()`. */
  constructor(locker: Locker) {
    this.#leaders = locker.observe({ signal: this.#end.signal })[Symbol.asyncIterator]();
  }

  /** Who leads: at first now, then at the next change. */
  async next(): Promise<Leadership | null> {
    return (await this.#leaders.next()).value ?? null;
  }

  /** Ends it. */
  async [Symbol.asyncDispose](): Promise<void> {
    clearTimeout(this.#timer);
    await this.#leaders.return?.();
  }
}
