/**
 * The bucket in memory: the shipped memory store, whose requests and pushes go over a simulated line.
 *
 * @module
 */

import type { Clock } from "../../src/base/clock.ts";
import type { StoreRequest } from "../../src/memory/memory_link.ts";
import { MemoryStore, type MemoryStoreOptions } from "../../src/memory/memory_store.ts";
import type { KeyState, LeaseRecord } from "../../src/store/record.ts";
import type { Hint } from "../../src/store/store.ts";
import type { Access, Answers, Line, SimBucket } from "./access.ts";

/** Answers in the form of the memory store. */
export const ANSWERS: Answers<unknown> = {
  seen: (keyState) => ({ kind: "seen", keyState }),
  conflict: (current) => ({ kind: "conflict", current }),
};

/** A bucket in memory. */
export class MemoryBucket implements SimBucket {
  readonly problem = null;
  readonly misled = false;
  readonly #store: MemoryStore;
  #epoch = 1;

  /** `changed` is called for each change of `key`. */
  constructor(clock: Clock, options: MemoryStoreOptions, key: string, changed: (keyState: KeyState) => void) {
    this.#store = new MemoryStore(clock, { ...options, push: (_, deliver) => deliver() });
    this.#store.watch(key, (hint) => hint.kind === "seen" && changed(hint.keyState));
  }

  get epoch(): string {
    return `memory-${this.#epoch}`;
  }

  look(key: string): KeyState {
    return this.#store.look(key);
  }

  put(key: string, content: LeaseRecord | "mark" | "foreign", ttl: number | null = null): void {
    this.#store.put(key, content, ttl);
  }

  deleteBucket(): void {
    this.#store.deleteBucket();
  }

  recreateBucket(): void {
    this.#epoch++;
    this.#store.recreateBucket();
  }

  rollBack(revision: number): void {
    this.#store.rollBack(revision);
  }

  access(line: Line): Access {
    let last = 0;
    const store: MemoryStore = this.#store.link({
      intercept: <Outcome>(request: StoreRequest<Outcome>) => line.carry(request, ANSWERS as Answers<Outcome>),
      push: (hint: Hint, deliver) => {
        const keyState = hint.kind === "seen" ? hint.keyState : null;
        // As the shipped watch does: revisions that go back are from a re-created bucket.
        if (keyState !== null && keyState.revision < last) return line.deliver(() => store.tell({ kind: "gap" }));
        if (keyState !== null) last = keyState.revision;
        line.push({ keyState, send: deliver });
      },
    });
    return {
      store,
      get watches() {
        return store.watches;
      },
      unfed: [],
      gap: () => store.tell({ kind: "gap" }),
      tell: (keyState) => store.tell({ kind: "seen", keyState }),
      close: () => store.tell({ kind: "gap" }),
    };
  }
}
