/** The watches of one link to a bucket in memory. */

import { filterOf } from "../store/filter.ts";
import type { Hint } from "../store/store.ts";
import type { Push } from "../store/ticket_store.ts";

type Listener = (push: Push) => void;
type Followed = { readonly fits: (key: string) => boolean; readonly listeners: Set<Listener> };

/** All listeners of one link, by filter. */
export class MemoryWatch {
  readonly #followed = new Map<string, Followed>();

  /** Number of listeners. */
  get size(): number {
    return [...this.#followed.values()].reduce((sum, { listeners }) => sum + listeners.size, 0);
  }

  /** Adds a listener until the returned function is called. */
  add(filter: string, listener: Listener): () => void {
    const followed = this.#followed.get(filter) ?? { fits: filterOf(filter), listeners: new Set() };
    this.#followed.set(filter, followed);
    followed.listeners.add(listener);
    return () => {
      followed.listeners.delete(listener);
      if (followed.listeners.size === 0 && this.#followed.get(filter) === followed) this.#followed.delete(filter);
    };
  }

  /** Sends a hint to the listeners of `key`, or to all. Without a key, a state is sent as one of each filter. */
  tell(hint: Hint, key?: string): void {
    for (const [filter, { fits, listeners }] of [...this.#followed]) {
      if (key !== undefined && !fits(key)) continue;
      const push = hint.kind === "seen" ? { ...hint, key: key ?? filter } : hint;
      for (const listener of [...listeners]) listener(push);
    }
  }

  /** Sends a change to each listener of its key that is still there when `pass` calls the function. */
  push(push: Push & { readonly key: string }, pass: (push: Push, deliver: () => void) => void): void {
    for (const [filter, { fits, listeners }] of [...this.#followed]) {
      if (!fits(push.key)) continue;
      for (const listener of listeners) {
        pass(push, () => this.#followed.get(filter)?.listeners.has(listener) && listener(push));
      }
    }
  }
}
