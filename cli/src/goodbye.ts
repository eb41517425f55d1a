/** The end of the program: what is left to do there waits for the server, but not for ever. */

import type { Clock } from "@x/natslock";

/** Longest wait for the server once all is done, in milliseconds. */
export const LONGEST_GOODBYE = 4000;

/** One limit for all that is left to do; its time runs from {@linkcode Goodbye.begin} on. */
export class Goodbye {
  /** Resolves when the time is up. */
  readonly over: Promise<void>;
  readonly #clock: Clock;
  #finish = () => {};
  #cancel: (() => void) | null = null;

  /** Nothing is left to do yet. */
  constructor(clock: Clock) {
    this.#clock = clock;
    this.over = new Promise((done) => this.#finish = done);
  }

  /** The time runs from the first call on. */
  begin(): void {
    this.#cancel ??= this.#clock.after(LONGEST_GOODBYE, this.#finish);
  }

  /** Waits for some of it, whatever it ends in; not beyond the time. */
  async within(work: Promise<unknown>): Promise<void> {
    this.begin();
    await Promise.race([work.catch(() => {}), this.over]);
  }

  /** Lets go of the timer. */
  [Symbol.dispose](): void {
    this.#cancel?.();
  }
}
