/**
 * A crew: candidates, waiters and observers that work until their signal is aborted, and counters of the resources that
 * they hold open.
 *
 * @module
 */

import type { NatsConnection } from "@nats-io/nats-core";
import { type KvHandle, type Leadership, type Lease, Locker } from "@x/natslock";
import { type Clock, SystemClock } from "../../src/base/clock.ts";
import { storeOf } from "../../src/nats/kv_store.ts";

/** The clock of the runtime. Counts the timers that are waiting. */
export class CountingClock implements Clock {
  readonly #clock = new SystemClock();
  readonly #waiting = new Set<symbol>();

  /** Number of timers that have neither fired nor been cancelled. */
  get pending(): number {
    return this.#waiting.size;
  }

  /** Same as the clock of the runtime. */
  now(): number {
    return this.#clock.now();
  }

  /** Same as the clock of the runtime. */
  wall(): number {
    return this.#clock.wall();
  }

  /** Same as the clock of the runtime, but counts the timer. */
  after(delay: number, callback: () => void): () => void {
    const timer = Symbol();
    this.#waiting.add(timer);
    const cancel = this.#clock.after(delay, () => {
      this.#waiting.delete(timer);
      callback();
    });
    return () => {
      this.#waiting.delete(timer);
      cancel();
    };
  }
}

/** An abort signal of the user that counts its listeners. */
export class CountedSignal {
  readonly #controller = new AbortController();
  readonly #listeners = new Set<unknown>();
  /** The signal to pass to the code under test. */
  readonly signal: AbortSignal = this.#controller.signal;

  constructor() {
    const { signal } = this;
    const [add, remove] = [signal.addEventListener.bind(signal), signal.removeEventListener.bind(signal)];
    signal.addEventListener = (...args: Parameters<AbortSignal["addEventListener"]>) => {
      this.#listeners.add(args[1]);
      add(...args);
    };
    signal.removeEventListener = (...args: Parameters<AbortSignal["removeEventListener"]>) => {
      this.#listeners.delete(args[1]);
      remove(...args);
    };
  }

  /** Number of listeners that were not removed. */
  get listeners(): number {
    return this.#listeners.size;
  }

  /** Aborts the signal. */
  abort(): void {
    this.#controller.abort(new Error("the test is over"));
  }
}

/** Number of iterators that follow the status of a connection. */
export function statusListeners(nc: NatsConnection): number {
  return (nc as unknown as { protocol: { listeners: unknown[] } }).protocol.listeners.length;
}

/** All workers on one bucket. Each candidate campaigns again after a loss. One leads and the others wait. */
export class Crew {
  /** All granted leases, in the order of their grants. */
  readonly grants: Lease[] = [];
  /** What each observer saw last. */
  readonly seen: (Leadership | null | undefined)[] = [];
  readonly #lockers: Locker[];
  readonly #ended: Promise<unknown>[];

  /** Starts one candidate and one observer per handle. */
  constructor(handles: readonly KvHandle[], clock: Clock, signal: AbortSignal) {
    this.#lockers = handles.map((kv) => new Locker({ store: storeOf(kv), clock }));
    const campaigns = this.#lockers.map((locker) => locker.lead((lease) => this.#hold(lease), { signal }));
    const observers = this.#lockers.map((locker, index) => this.#observe(locker, index, signal));
    this.#ended = [...campaigns, ...observers].map((work) => work.then(() => null, (error: unknown) => error));
  }

  /** The lease that is held now; `null` if none is. */
  get lead(): Lease | null {
    return this.grants.find(({ held }) => held) ?? null;
  }

  /** True if one candidate leads and every observer sees it. */
  get isSettled(): boolean {
    const token = this.lead?.token;
    return token !== undefined && this.#lockers.every((_, index) => this.seen[index]?.token === token);
  }

  /** Resolves to the result of each worker after the signal was aborted: `null`, or its error. */
  async ends(): Promise<unknown[]> {
    const ends = await Promise.all(this.#ended);
    await Promise.all(this.#lockers.map((locker) => locker.close()));
    return ends;
  }

  #hold(lease: Lease): Promise<void> {
    this.grants.push(lease);
    return new Promise((resolve) => {
      if (lease.signal.aborted) resolve();
      else lease.signal.addEventListener("abort", () => resolve(), { once: true });
    });
  }

  async #observe(locker: Locker, index: number, signal: AbortSignal): Promise<void> {
    for await (const leader of locker.observe({ signal })) this.seen[index] = leader;
  }
}
