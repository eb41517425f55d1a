/**
 * Lockers on virtual time, for tests that need a manually advanced clock.
 *
 * @module
 */

import { Locker, type StoreLockerOptions } from "@x/natslock";
import type { LockEvent } from "../../src/lease/events.ts";
import { ManualClock } from "../../src/memory/manual_clock.ts";
import type { StoreRequest } from "../../src/memory/memory_link.ts";
import { Chance } from "../sim/chance.ts";
import { SEED } from "./seed.ts";
import { MemoryStore, type MemoryStoreOptions } from "../../src/memory/memory_store.ts";

/**
 * Length of the lease in a virtual bucket, in ms. A lease is renewed 300 ms after the last write was sent and ends 810
 * ms after it.
 */
export const TTL = 900;

/** What happens to a request. */
export type Fate = "pass" | "drop" | "drop answer" | "hang" | "fail";

/** A bucket, a clock, and the candidates in the bucket. */
export class VirtualLab {
  readonly clock: ManualClock;
  readonly store: MemoryStore;
  /** Called for each request. `hang` never answers. */
  fate: (request: { kind: string; key: string }) => Fate = () => "pass";
  /** Delays an answer after the request was performed. */
  delay: (() => Promise<void>) | null = null;
  /** Number of requests sent. */
  sent = 0;
  /** Pauses are jittered: with random ones a test would pass or fail by luck. */
  readonly #random = new Chance(SEED);
  readonly #lockers: Locker[] = [];

  /** Creates an empty bucket. */
  constructor(options: Partial<MemoryStoreOptions> = {}, clock = new ManualClock()) {
    this.clock = clock;
    const intercept = <Outcome>(request: StoreRequest<Outcome>) => this.#carry(request);
    this.store = new MemoryStore(this.clock, { ttl: TTL, ...options, intercept });
  }

  /** Creates a candidate. Also returns the list of its events. */
  locker(options: Partial<StoreLockerOptions> = {}): { locker: Locker; events: LockEvent[] } {
    const events: LockEvent[] = [];
    const onEvent = (event: LockEvent) => void events.push(event);
    const locker = new Locker({ store: this.store, clock: this.clock, random: this.#random, onEvent, ...options });
    this.#lockers.push(locker);
    return { locker, events };
  }

  /** Advances the clock until a promise settles, for 10 s at most. */
  async until<T>(promise: Promise<T>): Promise<T> {
    let settled = false;
    promise.then(() => settled = true, () => settled = true);
    for (let turn = 0; turn < 1000; turn++) {
      await this.clock.advance(turn === 0 ? 0 : 10);
      if (settled) return await promise;
    }
    throw new Error("Cannot wait any longer: 10 s of virtual time have passed");
  }

  /** Closes all candidates. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.fate = () => "pass";
    this.delay = null;
    await this.until(Promise.all(this.#lockers.map((locker) => locker.close())));
  }

  async #carry<Outcome>(request: StoreRequest<Outcome>): Promise<Outcome> {
    await Promise.resolve();
    if (request.kind === "settings") return request.perform();
    this.sent++;
    const fate = this.fate(request);
    switch (fate) {
      case "pass": {
        const answer = request.perform();
        await this.delay?.();
        return answer;
      }
      case "drop answer":
        request.perform();
        break;
      case "hang":
        return await new Promise<Outcome>(() => {});
      case "drop":
      case "fail":
    }
    await new Promise<void>((resolve) => this.clock.after(100, resolve));
    return request.timeout();
  }
}
