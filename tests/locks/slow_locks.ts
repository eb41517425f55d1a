/**
 * The reference model at the end of a slow line. It shows that scenarios and random schedules do not depend on how fast
 * an implementation is, and work with clients that are different objects.
 *
 * @module
 */

import { Chance } from "../sim/chance.ts";
import type { Granted, LocksLike, RequestOptions, Snapshot } from "./locks_like.ts";

/** One client of locks that are elsewhere. Its requests arrive in their order. */
export class SlowLocks implements LocksLike {
  readonly #locks: LocksLike;
  readonly #chance: Chance;
  readonly #longest: number;
  #sent: Promise<void> = Promise.resolve();

  /** Each message takes up to `longest` milliseconds, as the seed says. */
  constructor(locks: LocksLike, { seed, longest }: { seed: number; longest: number }) {
    this.#locks = locks;
    this.#chance = new Chance(seed);
    this.#longest = longest;
  }

  /** Sends a request. The grant and the end of the request take time, too. */
  async request(...args: readonly unknown[]): Promise<unknown> {
    await this.#send();
    const callback = args.at(-1);
    const { signal } = (args.length > 2 ? args[1] ?? {} : {}) as RequestOptions;
    const late = async (granted: Granted) => {
      await this.#pass();
      signal?.throwIfAborted();
      return await (callback as (granted: Granted) => unknown)(granted);
    };
    try {
      return await this.#locks.request(
        ...args.map((arg) => arg === callback && typeof arg === "function" ? late : arg),
      );
    } finally {
      await this.#pass();
    }
  }

  /** Asks after the requests that were sent before. */
  async query(): Promise<Snapshot> {
    await this.#send();
    const snapshot = await this.#locks.query();
    await this.#pass();
    return snapshot;
  }

  /** Waits until what was sent before has arrived, and then for a message. */
  #send(): Promise<void> {
    this.#sent = this.#sent.then(() => this.#pass());
    return this.#sent;
  }

  #pass(): Promise<void> {
    return new Promise((resolve) => setTimeout(resolve, this.#chance.next() * this.#longest));
  }
}
