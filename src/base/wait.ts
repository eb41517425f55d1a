/** Waits that end by a signal or a timeout. */

import type { Clock } from "./clock.ts";
import { AcquireTimeoutError, badParameter, showNames } from "./errors.ts";

/** What can end a wait. */
export interface WaitOptions {
  /** Ends the wait when it aborts: the wait rejects with the signal's reason. Has no effect after the grant. */
  readonly signal?: AbortSignal | undefined;
  /** Longest wait in milliseconds, 0 or more; 0 tries once. Default: no limit. */
  readonly timeout?: number | undefined;
}

/**
 * Checks the options of a wait.
 *
 * @throws {BadParameterError} if `signal` is not an AbortSignal or `timeout` is not a number of 0 or more
 */
export function requireWaitOptions({ signal, timeout }: WaitOptions): void {
  requireSignal(signal);
  if (timeout !== undefined && (typeof timeout !== "number" || !(timeout >= 0))) {
    throw badParameter("timeout", "0 or more milliseconds", timeout);
  }
}

/**
 * Checks an optional signal.
 *
 * @throws {BadParameterError} if it is neither an AbortSignal nor `undefined`
 */
export function requireSignal(signal: AbortSignal | undefined): void {
  if (signal === undefined) return;
  const { aborted, addEventListener } = (signal ?? {}) as Partial<AbortSignal>;
  if (typeof aborted !== "boolean" || typeof addEventListener !== "function") {
    throw badParameter("signal", "an AbortSignal", signal);
  }
}

/** The callbacks of one signal. They share one listener, because Node warns about more than ten listeners. */
interface Listeners {
  readonly callbacks: Set<() => void>;
  readonly fire: () => void;
}

const listeners = new WeakMap<AbortSignal, Listeners>();

function listenersOf(signal: AbortSignal): Listeners {
  const callbacks = new Set<() => void>();
  const fire = () => {
    listeners.delete(signal);
    signal.removeEventListener("abort", fire);
    for (const callback of [...callbacks]) if (callbacks.delete(callback)) callback();
  };
  signal.addEventListener("abort", fire);
  const fan = { callbacks, fire };
  listeners.set(signal, fan);
  return fan;
}

/** Calls `callback` when the signal aborts, at once if it already has. Disposing the result cancels the call. */
export function onAbort(signal: AbortSignal | undefined, callback: () => void): Disposable {
  if (signal === undefined || signal.aborted) {
    if (signal) callback();
    return { [Symbol.dispose]: () => {} };
  }
  const { callbacks, fire } = listeners.get(signal) ?? listenersOf(signal);
  const own = () => callback();
  callbacks.add(own);
  const dispose = () => {
    if (!callbacks.delete(own) || callbacks.size > 0) return;
    signal.removeEventListener("abort", fire);
    listeners.delete(signal);
  };
  return { [Symbol.dispose]: dispose };
}

/**
 * Calls `begin` and waits until `done` is called, which must not happen before `begin` returns. When the wait ends,
 * calls the function that `begin` returned. Rejects with the signal's reason if the signal aborts first.
 */
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

/** Resolves after `ms` milliseconds. Rejects with the signal's reason if the signal aborts first. */
export function pause(clock: Clock, ms: number, signal: AbortSignal | undefined): Promise<void> {
  return wait<void>(signal, (done) => clock.after(ms, done));
}

/**
 * Settles as `work` does, or rejects with the signal's reason if the signal aborts first. The work is not stopped then,
 * and its own rejection is ignored.
 */
export async function unlessAborted<T>(signal: AbortSignal, work: Promise<T>): Promise<T> {
  let ending: Disposable | undefined;
  try {
    return await Promise.race([
      work,
      new Promise<never>((_, reject) => {
        ending = onAbort(signal, () => reject(signal.reason));
      }),
    ]);
  } finally {
    work.catch(() => {});
    ending?.[Symbol.dispose]();
  }
}

/** One signal for a wait that several signals or a timeout can end. Disposing it removes all listeners and timers. */
export class WaitScope {
  readonly #controller = new AbortController();
  /** Aborts when the first of them ends the wait, with its reason. */
  readonly signal: AbortSignal = this.#controller.signal;
  readonly #ends: Disposable[];

  /** Ends the wait when one of the signals aborts. */
  constructor(...signals: (AbortSignal | undefined)[]) {
    this.#ends = signals.map((signal) => onAbort(signal, () => this.#controller.abort(signal?.reason)));
  }

  /**
   * Also ends the wait after `timeout` ms, with an AcquireTimeoutError. `trouble` returns the last error of the wait,
   * if there was any: it becomes the cause.
   */
  limit(
    { timeout, key }: { timeout: number; key: string | readonly string[] },
    clock: Clock,
    trouble: () => unknown,
  ): void {
    if (timeout === Infinity) return;
    const end = () => this.#controller.abort(acquireTimeout(key, timeout, trouble()));
    this.#ends.push({ [Symbol.dispose]: clock.after(timeout, end) });
  }

  /** Rejects with the signal's reason when the wait ends; never resolves. */
  get ended(): Promise<never> {
    return wait<never>(this.signal, () => () => {});
  }

  /** Removes the listeners and timers. */
  [Symbol.dispose](): void {
    for (const end of this.#ends) end[Symbol.dispose]();
  }
}

/** Returns the error of a wait that reached its timeout. `trouble`, the last error of the wait, becomes the cause. */
export function acquireTimeout(
  key: string | readonly string[],
  timeout: number,
  trouble: unknown,
): AcquireTimeoutError {
  const met = trouble instanceof Error ? `: ${trouble.message}` : "";
  return new AcquireTimeoutError(`Cannot take key ${showNames(key)} within ${timeout} ms${met}`, {
    cause: trouble ?? undefined,
  });
}
