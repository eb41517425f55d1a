/**
 * How long somebody is willing to wait.
 *
 * @module
 */

import type { Clock } from "./clock.ts";
import { AcquireTimeoutError, BadParameterError, show } from "./errors.ts";

/** What a wait may be ended by. */
export interface WaitOptions {
  /** Ends the wait when aborted, with the signal's own reason. After the grant it has no effect. */
  readonly signal?: AbortSignal;
  /** Longest wait in milliseconds, 0 or more. Default: no limit. */
  readonly timeout?: number;
}

/** One signal made of several ends; nothing stays behind once it is disposed of. */
export class Patience {
  readonly #controller = new AbortController();
  readonly #cleanups: (() => void)[] = [];

  /** Ends when one of the signals does. */
  constructor(...signals: (AbortSignal | undefined)[]) {
    for (const signal of signals) if (signal) this.#follow(signal);
  }

  /** Aborted at the first end. */
  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /**
   * Ends it after a time, too.
   *
   * @throws {BadParameterError} if `timeout` is negative or NaN
   */
  limit(timeout: number | undefined, key: string, clock: Clock): void {
    if (timeout === undefined || timeout === Infinity) return;
    if (!(timeout >= 0)) {
      throw new BadParameterError(
        "timeout",
        `Cannot use "timeout": must be 0 or more milliseconds, current value is ${show(timeout)}`,
      );
    }
    const error = () => new AcquireTimeoutError(`Cannot take key "${key}" within ${timeout} ms`);
    this.#cleanups.push(clock.after(timeout, () => this.#controller.abort(error())));
  }

  /** Rejects when it ends; never resolves. Does not keep anything alive. */
  get ended(): Promise<never> {
    const { signal } = this;
    return new Promise((_, reject) => {
      const end = () => reject(signal.reason);
      if (signal.aborted) end();
      signal.addEventListener("abort", end, { once: true });
      this.#cleanups.push(() => signal.removeEventListener("abort", end));
    });
  }

  /** Lets go of signals and timers. */
  [Symbol.dispose](): void {
    for (const cleanup of this.#cleanups) cleanup();
  }

  #follow(signal: AbortSignal): void {
    const end = () => this.#controller.abort(signal.reason);
    if (signal.aborted) return end();
    signal.addEventListener("abort", end, { once: true });
    this.#cleanups.push(() => signal.removeEventListener("abort", end));
  }
}
