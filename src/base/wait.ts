/** How long somebody is willing to wait. */

import type { Clock } from "./clock.ts";
import { AcquireTimeoutError, badParameter } from "./errors.ts";

/** What a wait may be ended by. */
export interface WaitOptions {
  /** Ends the wait when aborted, with the signal's own reason. After the grant it has no effect. */
  readonly signal?: AbortSignal | undefined;
  /** Longest wait in milliseconds, 0 or more; 0 is one try. Default: no limit. */
  readonly timeout?: number | undefined;
}

/** @throws {BadParameterError} if an option is none that a wait can be ended by */
export function requireWaitOptions({ signal, timeout }: WaitOptions): void {
  requireSignal(signal);
  if (timeout !== undefined && (typeof timeout !== "number" || !(timeout >= 0))) {
    throw badParameter("timeout", "0 or more milliseconds", timeout);
  }
}

/** @throws {BadParameterError} if it is no AbortSignal */
export function requireSignal(signal: AbortSignal | undefined): void {
  if (signal === undefined) return;
  const { aborted, addEventListener } = (signal ?? {}) as Partial<AbortSignal>;
  if (typeof aborted !== "boolean" || typeof addEventListener !== "function") {
    throw badParameter("signal", "an AbortSignal", signal);
  }
}

/** Callbacks of one signal, which has one listener for all: Node warns of more than ten. */
interface Fan {
  readonly callbacks: Set<() => void>;
  readonly fire: () => void;
}

const fans = new WeakMap<AbortSignal, Fan>();

function fanOf(signal: AbortSignal): Fan {
  const callbacks = new Set<() => void>();
  const fire = () => {
    fans.delete(signal);
    signal.removeEventListener("abort", fire);
    for (const callback of [...callbacks]) if (callbacks.delete(callback)) callback();
  };
  signal.addEventListener("abort", fire);
  const fan = { callbacks, fire };
  fans.set(signal, fan);
  return fan;
}

/** Calls back when the signal aborts, at once if it has, until it is disposed of. */
export function onAbort(signal: AbortSignal | undefined, callback: () => void): Disposable {
  if (signal === undefined || signal.aborted) {
    if (signal) callback();
    return { [Symbol.dispose]: () => {} };
  }
  const { callbacks, fire } = fans.get(signal) ?? fanOf(signal);
  const own = () => callback();
  callbacks.add(own);
  const dispose = () => {
    if (!callbacks.delete(own) || callbacks.size > 0) return;
    signal.removeEventListener("abort", fire);
    fans.delete(signal);
  };
  return { [Symbol.dispose]: dispose };
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

/** What comes of the work, unless the signal aborts before; the work goes on all the same. */
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

/** One signal made of several ends; nothing stays behind once it is disposed of. */
export class WaitScope {
  readonly #controller = new AbortController();
  /** Aborted at the first end. */
  readonly signal: AbortSignal = this.#controller.signal;
  readonly #ends: Disposable[];

  /** Ends when one of the signals does. */
  constructor(...signals: (AbortSignal | undefined)[]) {
    this.#ends = signals.map((signal) => onAbort(signal, () => this.#controller.abort(signal?.reason)));
  }

  /** Ends it after `timeout` ms, too; `trouble` tells what the wait met last, if anything. */
  limit({ timeout, key }: { timeout: number; key: string }, clock: Clock, trouble: () => unknown): void {
    if (timeout === Infinity) return;
    const end = () => this.#controller.abort(acquireTimeout(key, timeout, trouble()));
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

/** The end of a wait by its own timeout; `trouble` is what it met last. */
export function acquireTimeout(key: string, timeout: number, trouble: unknown): AcquireTimeoutError {
  const met = trouble instanceof Error ? `: ${trouble.message}` : "";
  return new AcquireTimeoutError(`Cannot take key "${key}" within ${timeout} ms${met}`, {
    cause: trouble ?? undefined,
  });
}
