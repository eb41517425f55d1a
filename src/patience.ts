/** How long somebody is willing to wait. */

import type { Clock } from "./clock.ts";
import { AcquireTimeoutError, badParameter } from "./errors.ts";

/** What a wait may be ended by. */
export interface WaitOptions {
  /** Ends the wait when aborted, with the signal's own reason. After the grant it has no effect. */
  readonly signal?: AbortSignal;
  /** Longest wait in milliseconds, 0 or more. Default: no limit. */
  readonly timeout?: number;
}

/** Calls back when the signal aborts, at once if it has, until it is disposed of. */
export function onAbort(signal: AbortSignal | undefined, callback: () => void): Disposable {
  if (signal?.aborted) callback();
  else signal?.addEventListener("abort", callback, { once: true });
  return { [Symbol.dispose]: () => signal?.removeEventListener("abort", callback) };
}

/** Waits for a call of `done`; what `begin` returns is called at the end of the wait. Rejects with the signal's reason. */
export function wait<T>(signal: AbortSignal | undefined, begin: (done: (value: T) => void) => () => void): Promise<T> {
  return new Promise((resolve, reject) => {
    signal?.throwIfAborted();
    const cancel = begin((value) => {
      cancel();
      aborting[Symbol.dispose]();
      resolve(value);
    });
    const aborting = onAbort(signal, () => {
      cancel();
      reject(signal?.reason);
    });
  });
}

/** One signal made of several ends; nothing stays behind once it is disposed of. */
export class Patience {
  readonly #controller = new AbortController();
  /** Aborted at the first end. */
  readonly signal: AbortSignal = this.#controller.signal;
  readonly #ends: Disposable[];

  /** Ends when one of the signals does. */
  constructor(...signals: (AbortSignal | undefined)[]) {
    this.#ends = signals.map((signal) => onAbort(signal, () => this.#controller.abort(signal?.reason)));
  }

  /** Ends it after `timeout` ms, too. Throws a BadParameterError if that is negative or NaN. */
  limit(timeout: number | undefined, key: string, clock: Clock): void {
    if (timeout === undefined || timeout === Infinity) return;
    if (!(timeout >= 0)) throw badParameter("timeout", "0 or more milliseconds", timeout);
    const end = () => this.#controller.abort(new AcquireTimeoutError(`Cannot take key "${key}" within ${timeout} ms`));
    this.#ends.push({ [Symbol.dispose]: clock.after(timeout, end) });
  }

  /** Rejects when it ends; never resolves. */
  get ended(): Promise<never> {
    return wait<never>(this.signal, () => () => {});
  }

  /** Lets go of signals and timers. */
  [Symbol.dispose](): void {
    for (const end of this.#ends) end[Symbol.dispose]();
  }
}
