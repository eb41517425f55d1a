/**
 * A bucket with queues in memory: the shipped memory store, whose requests and pushes go over simulated lines.
 *
 * @module
 */

import type { Clock } from "../../../src/base/clock.ts";
import type { StoreRequest } from "../../../src/memory/memory_link.ts";
import { MemoryStore, type MemoryStoreOptions } from "../../../src/memory/memory_store.ts";
import type { KeyState } from "../../../src/store/record.ts";
import type { TicketStore } from "../../../src/store/ticket_store.ts";
import type { Access, Answers, Line } from "../access.ts";
import { ANSWERS } from "../memory_access.ts";

/** What happens to the bucket. */
export interface BucketListener {
  changed(key: string, keyState: KeyState): void;
  /** Returns how many writes the replica lacks that answers the next scan. */
  replica(): number;
}

/** A bucket of tickets and sessions. */
export class TicketBucket {
  readonly store: MemoryStore;
  readonly #listener: BucketListener;

  constructor(clock: Clock, options: MemoryStoreOptions, listener: BucketListener) {
    this.store = new MemoryStore(clock, { ...options, push: (_, deliver) => deliver() });
    this.#listener = listener;
    this.store.follow(">", (push) => push.kind === "seen" && listener.changed(push.key, push.keyState));
  }

  /** What is stored under a key now. */
  look(key: string): KeyState {
    return this.store.look(key);
  }

  /** Gives a process its access. */
  access(line: Line): Access<TicketStore> {
    let last = 0;
    const store: MemoryStore = this.store.link({
      intercept: <Outcome>(request: StoreRequest<Outcome>) => line.carry(request, ANSWERS as Answers<Outcome>),
      push: (push, deliver) => {
        if (push.kind !== "seen") return deliver();
        const { key, keyState } = push;
        // As the shipped watch does: revisions that go back are from a re-created bucket.
        const isOld = keyState.revision < last;
        last = keyState.revision;
        if (isOld) return line.deliver(() => store.tell({ kind: "gap" }));
        line.push({ keyState, key, send: deliver });
      },
      replica: () => this.#listener.replica(),
    });
    const gap = () => store.tell({ kind: "gap" });
    return {
      store,
      get watches() {
        return store.watches;
      },
      unfed: [],
      gap,
      tell: (keyState, key) => store.tell({ kind: "seen", keyState }, key),
      close: gap,
    };
  }
}
