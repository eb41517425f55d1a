/**
 * One request whose callback ends when the test says so.
 *
 * @module
 */

import type { Granted, LockLike, LocksLike } from "./locks_like.ts";

/** Options of {@linkcode Call}. */
export interface CallOptions {
  /** The name, or list of names, to request. */
  readonly name: unknown;
  /** The options as the caller passes them; left out if `undefined`. */
  readonly options?: unknown;
  /** Called when the callback starts. */
  readonly onGrant?: (granted: Granted) => void;
  /** Called just before the callback ends. */
  readonly onRelease?: () => void;
}

/** A request that was made. Its callback runs until `release()` or `fail()` is called. */
export class Call {
  readonly #gate = Promise.withResolvers<unknown>();
  readonly #granted = Promise.withResolvers<Granted>();
  #hasRun = false;
  /** The promise of the request. */
  readonly done: Promise<unknown>;

  /** Makes the request. */
  constructor(locks: LocksLike, { name, options, onGrant, onRelease }: CallOptions) {
    const callback = async (granted: Granted) => {
      this.#hasRun = true;
      this.#granted.resolve(granted);
      onGrant?.(granted);
      try {
        return await this.#gate.promise;
      } finally {
        onRelease?.();
      }
    };
    this.done = options === undefined ? locks.request(name, callback) : locks.request(name, options, callback);
    const unused = () => this.#granted.reject(new Error(`The request for ${String(name)} ended without its callback`));
    this.done.then(unused, (error: unknown) => this.#granted.reject(error));
    for (const promise of [this.done, this.#granted.promise, this.#gate.promise]) promise.catch(() => {});
  }

  /** What the callback received. Rejects if the request ends before its callback runs. */
  get granted(): Promise<Granted> {
    return this.#granted.promise;
  }

  /** The lock, for a request of one name. */
  get lock(): Promise<LockLike> {
    return this.granted.then((granted) => {
      if (granted === null || !("mode" in granted)) throw new Error("The callback did not get one lock");
      return granted;
    });
  }

  /** True if the callback has started. */
  get hasRun(): boolean {
    return this.#hasRun;
  }

  /** Lets the callback return this value, and returns the promise of the request. */
  release(value?: unknown): Promise<unknown> {
    this.#gate.resolve(value);
    return this.done;
  }

  /** Lets the callback reject with this error, and returns the promise of the request. */
  fail(error: unknown): Promise<unknown> {
    this.#gate.reject(error);
    return this.done;
  }
}
