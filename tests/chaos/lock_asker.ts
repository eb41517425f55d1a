/**
 * Requests locks by name, and records what the client believes about them.
 *
 * @module
 */

import { LeaseLostError, type Lock, LockManager, type LockOptions, NatslockError } from "../../mod.ts";
import type { OpenLocksOptions } from "../../mod.ts";
import { type HistoryFile, now } from "./history.ts";

/** Options of a request, without the flags that change who may hold. */
export type AskedOptions = Omit<LockOptions, "steal">;

/** Opens a manager. Retries until the servers answer: a client may start during an outage. */
export async function openLocks(options: OpenLocksOptions): Promise<LockManager> {
  for (;;) {
    try {
      return await LockManager.open(options);
    } catch (error) {
      if (!(error instanceof NatslockError)) throw error;
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
  }
}

/** A lock manager whose requests are recorded. */
export class LockAsker {
  readonly #locks: LockManager;
  readonly #history: HistoryFile;
  #requests = 0;

  constructor(locks: LockManager, history: HistoryFile) {
    this.#locks = locks;
    this.#history = history;
  }

  /** Requests locks, does the work under them and releases them. Resolves when that is done; records errors. */
  async ask(
    names: readonly string[],
    options: AskedOptions,
    work: (locks: readonly Lock[]) => Promise<void>,
  ): Promise<void> {
    const request = this.#requests++;
    this.#history.note({ on: "wanted", request, names });
    const settled = (why: string) => this.#history.note({ on: "settled", request, why });
    try {
      const locks = await this.#locks.acquire(names, options);
      if (locks === null) return settled("not available");
      const sights = locks.map((lock) => this.#follow(lock, request, options));
      try {
        await work(locks);
      } finally {
        for (const see of sights) see();
        await Promise.allSettled(locks.map((lock) => lock.release()));
      }
      settled("released");
    } catch (error) {
      if (!(error instanceof NatslockError)) throw error;
      settled(error.name);
    }
  }

  /** Records one lock. Returns a function that notes whether the client believes to hold it now. */
  #follow(lock: Lock, request: number, { mode = "exclusive", limit, weight = 1 }: AskedOptions): () => void {
    const { name, token, epoch, signal } = lock;
    let end = now() + lock.remaining;
    const about = { lock: name, mode, limit: limit ?? null, weight, token, epoch };
    if (lock.held) this.#history.note({ on: "locked", request, ...about });
    const tell = () => {
      const { reason } = signal;
      const why = reason instanceof LeaseLostError ? reason.why : "released";
      this.#history.note({ on: "unlocked", request, lock: name, why, until: Math.min(end, now()) });
    };
    if (signal.aborted) tell();
    else signal.addEventListener("abort", tell, { once: true });
    return () => {
      if (lock.held) end = now() + lock.remaining;
    };
  }
}
