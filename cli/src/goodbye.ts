/** Limits how long the program waits for the server when it ends. */

import type { Clock } from "@x/natslock";

/** Longest wait for the server at the end, in milliseconds. */
export const LONGEST_GOODBYE = 4000;

/** One time limit for all remaining work. The time starts with the first call of {@linkcode Goodbye.begin}. */
export class Goodbye {
  /** Resolves when the time is up. */
  readonly over: Promise<void>;
  readonly #clock: Clock;
  #finish = () => {};
  #cancel: (() => void) | null = null;

  /** Creates the limit. Its time does not start yet. */
  constructor(clock: Clock) {
    this.#clock = clock;
    this.over = new Promise((done) => this.#finish = done);
  }

  /** Starts the time. Later calls do nothing. */
  begin(): void {
    this.#cancel ??= this.#clock.after(LONGEST_GOODBYE, this.#finish);
  }

  /** Starts the time and waits until the work has settled or the time is up. Ignores errors of the work. */
  async within(work: Promise<unknown>): Promise<void> {
    this.begin();
    await Promise.race([work.catch(() => {}), this.over]);
  }

  /** Cancels the timer. */
  [Symbol.dispose](): void {
    this.#cancel?.();
  }
}
