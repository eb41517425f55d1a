/** Who listens to a Locker or LockManager, and what they are told besides its events. */

import type { Clock } from "../base/clock.ts";
import { contain } from "../base/contain.ts";
import { type Logger, writeLog } from "../base/logger.ts";
import type { EventListener, LockEvent } from "./events.ts";

/** How a wait for a lock ended. `waited` is its length in milliseconds. */
export type WaitEnd =
  /** The lock was granted, with this fencing token. */
  | { readonly kind: "granted"; readonly token: number; readonly epoch: string; readonly waited: number }
  /** The lock was not available, and the call was to try only once. */
  | { readonly kind: "refused"; readonly waited: number }
  /** The call rejects with `error`. After an abort that is the reason of the caller's signal. */
  | { readonly kind: "failed"; readonly error: unknown; readonly waited: number };

/** What is called by a Locker or LockManager that `listen` was called on. Each part is optional. */
export interface Listener {
  /** Called with each event at once, before the option `onEvent` is. */
  onEvent?(event: LockEvent): unknown;
  /**
   * Called at once, in the caller's own turn, when `acquire()`, `run()`, `lead()` or `request()` begins to wait for a
   * lock, even if the lock is free. `key` is the key of the lock; with a LockManager its name. A function that this
   * returns is called once, when that wait ends, also if the listener was removed before. For several locks at once, each
   * of them is a wait of its own, and a lock that is requested again is a new wait.
   */
  onWait?(key: string): unknown;
  /** Called once, when the Locker or LockManager is closed. Nothing else is called after that. */
  onClose?(): unknown;
}

/**
 * Begins to call a listener, and returns a function that ends it. What the listener throws, or its promises reject with,
 * goes to the log and changes nothing else.
 *
 * @throws {LockerClosedError} if the Locker or LockManager is closed
 */
export type Listen = (listener: Listener) => () => void;

/** What the listeners listen to. */
export interface Listened {
  /** Name of it in log lines. */
  readonly name: string;
  readonly logger: Logger;
  readonly clock: Clock;
  /** The option `onEvent`. Not contained here. */
  readonly onEvent: EventListener | undefined;
  /** Aborts when it is closed. */
  readonly closing: AbortSignal;
}

/** The token and epoch of a grant. */
type Grant = Pick<Extract<WaitEnd, { kind: "granted" }>, "token" | "epoch">;

/** All listeners of one Locker or LockManager. */
export class Listeners {
  readonly #of: Listened;
  readonly #all = new Set<{ readonly listener: Listener }>();
  /** The waits that listeners were told of. */
  readonly #waits = new Set<Promise<unknown>>();

  constructor(of: Listened) {
    this.#of = of;
  }

  /** Adds a listener. Returns a function that removes it. */
  readonly listen: Listen = (listener) => {
    this.#of.closing.throwIfAborted();
    // A listener that is added twice is called twice, until both are removed.
    const added = { listener };
    this.#all.add(added);
    return () => void this.#all.delete(added);
  };

  /** Passes an event to all. Returns or throws what the option `onEvent` does. */
  readonly hear: EventListener = (event) => {
    this.#each((listener) => listener.onEvent?.(event));
    return this.#of.onEvent?.(event);
  };

  /** Does the work of a wait for `key`, and tells the listeners of it. `grantOf` returns what the work was granted. */
  during<T>(key: string, work: () => Promise<T>, grantOf: (result: T) => Grant | null): Promise<T> {
    const ends: ((end: WaitEnd) => unknown)[] = [];
    const since = this.#of.clock.now();
    this.#each((listener) => {
      const end = listener.onWait?.(key);
      if (typeof end === "function") ends.push(end as (end: WaitEnd) => unknown);
    });
    const working = work();
    if (ends.length === 0) return working;
    this.#waits.add(working);
    const ended = (end: { kind: "refused" } | { kind: "failed"; error: unknown } | { kind: "granted" } & Grant) => {
      const waited = this.#of.clock.now() - since;
      this.#waits.delete(working);
      for (const each of ends) contain(() => each({ ...end, waited }), this.#failed);
    };
    working.then((result) => {
      const grant = grantOf(result);
      ended(grant === null ? { kind: "refused" } : { kind: "granted", token: grant.token, epoch: grant.epoch });
    }, (error) => ended({ kind: "failed", error }));
    return working;
  }

  /** Tells all of the close once the waits have ended, which the close has aborted. Then removes them. */
  async close(): Promise<void> {
    await Promise.allSettled(this.#waits);
    this.#each((listener) => listener.onClose?.());
    this.#all.clear();
  }

  #each(call: (listener: Listener) => unknown): void {
    for (const added of [...this.#all]) {
      // A listener that another one has just removed is not called.
      if (this.#all.has(added)) contain(() => call(added.listener), this.#failed);
    }
  }

  readonly #failed = (error: unknown): void => {
    writeLog(this.#of.logger, "warn", `A listener of "${this.#of.name}" failed`, { error });
  };
}
