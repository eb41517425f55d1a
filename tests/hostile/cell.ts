/**
 * Runs one Locker on a hostile store, and checks at each instant that it keeps its promises whatever the store answers.
 *
 * @module
 */

import { type Lease, Locker, LockerClosedError, NatslockError } from "@x/natslock";
import type { Random } from "../../src/base/random.ts";
import { rateComplaints } from "./rate.ts";
import { FLOOD, HostileStore, type Script, SteppingClock, TTL } from "./store.ts";

/** Longest wait for one answer, in ms: the default for this lease length. */
export const REQUEST_TIMEOUT = TTL / 4;
/** How long a grant or renewal is valid from when it was sent, in ms. */
const VALID = 0.9 * TTL;
/** How long `close()`, and the calls that it ends, may take, in ms. */
const CLOSING = 2 * TTL;
/** Limit of clock steps, more than a Locker that pauses between its requests ever needs. */
const MOST_STEPS = 20_000;

/** The reason of a user's aborted signal. */
export const STOP = new Error("the user has had enough");

/** What a call promises. */
export interface Promised {
  /** Time within which it must settle, in ms. */
  readonly within: number;
  /** True if it retries transient errors. */
  readonly waits?: boolean;
  /** True if its signal or `close()` ends it normally, so that it resolves. */
  readonly resolves?: boolean;
}

interface Call {
  readonly title: string;
  readonly begun: number;
  deadline: number;
  settled: boolean;
}

/** Random numbers that are the same each time; `next()` returns 0.5. */
export function fixedRandom(): Random {
  let count = 0;
  return { next: () => 0.5, uuid: () => `00000000-0000-4000-8000-${String(++count).padStart(12, "0")}` };
}

/** One Locker, its store, and the complaints so far. */
export class Cell {
  readonly clock: SteppingClock = new SteppingClock();
  readonly store: HostileStore = new HostileStore(this.clock);
  readonly locker: Locker;
  /** Broken promises, each once. */
  readonly complaints: Set<string> = new Set();
  /** Another Locker, on the underlying sane store. */
  readonly other: Locker;
  readonly #leases: Lease[] = [];
  readonly #calls: Call[] = [];
  /** Start times of everything that may send requests of its own. */
  readonly #begins: number[] = [];
  /** Pending timers of the user. */
  #timers = 0;

  constructor() {
    const { clock, store } = this;
    const random = fixedRandom();
    // Uses up revisions, so that a stale read can report one below those of the key.
    for (let write = 0; write < 5; write++) store.sane.put("another", "mark");
    this.other = new Locker({ store: store.sane, clock, random });
    this.locker = new Locker({ store, clock, random });
    store.id = this.locker.id;
  }

  /** Makes the store answer by the script from here on. */
  turn(script: Script, saneEvery: number): void {
    Object.assign(this.store, { script, saneEvery });
  }

  /** Makes a call. Resolves with its result, `undefined` if it rejected. Complains if it breaks a promise. */
  async call<T>(title: string, promised: Promised, begin: () => Promise<T>): Promise<T | undefined> {
    const begun = this.clock.now();
    const call: Call = { title, begun, deadline: begun + promised.within, settled: false };
    this.#calls.push(call);
    this.#begins.push(begun);
    try {
      return await begin();
    } catch (error) {
      this.#judge(title, promised, error);
      return undefined;
    } finally {
      call.settled = true;
      this.#isLate(call);
    }
  }

  /** Checks from here on that the lease is not held for longer than was confirmed. */
  keep(lease: Lease): Lease {
    this.#leases.push(lease);
    return lease;
  }

  /** Returns a user's signal that is aborted after some ms. */
  signalAfter(ms: number): AbortSignal {
    const stop = new AbortController();
    this.after(ms, () => {
      this.#begins.push(this.clock.now());
      stop.abort(STOP);
    });
    return stop.signal;
  }

  /** Resolves after some ms. */
  sleep(ms: number): Promise<void> {
    return new Promise((resolve) => this.after(ms, resolve));
  }

  /** Calls back after some ms. Such a timer belongs to the user and is not counted as left behind by the Locker. */
  after(ms: number, callback: () => void): () => void {
    let open = 1;
    this.#timers++;
    const cancel = this.clock.after(ms, () => {
      this.#timers -= open;
      open = 0;
      callback();
    });
    return () => {
      this.#timers -= open;
      open = 0;
      cancel();
    };
  }

  /** Closes the Locker, which must end every call. */
  async close(): Promise<void> {
    const latest = this.clock.now() + CLOSING;
    for (const call of this.#calls) call.deadline = Math.min(call.deadline, latest);
    await this.call("close()", { within: CLOSING }, () => this.locker.close());
  }

  get #open(): Call[] {
    return this.#calls.filter(({ settled }) => !settled);
  }

  /**
   * Moves time from timer to timer until `until()` is true. Returns false if a call is overdue or nothing is pending.
   */
  async drive(until: () => boolean): Promise<boolean> {
    for (let step = 0; step < MOST_STEPS; step++) {
      await this.#settle();
      this.#look();
      if (this.store.flooded || this.#open.some((call) => this.#isLate(call))) return false;
      if (until()) return true;
      const { nextDue } = this.clock;
      const due = Math.min(nextDue, ...this.#open.map((call) => call.deadline + 0.01));
      if (due === Infinity) return false;
      await this.clock.advance(due - this.clock.now());
    }
    this.complaints.add(`timers: more than ${MOST_STEPS} fired`);
    return false;
  }

  /** Complains of timers and watches that are left once all has ended. */
  leftovers(): void {
    const pending = this.clock.pending - this.#timers;
    if (pending > 0) this.complaints.add(`left behind: ${pending} timers`);
    if (this.store.watches > 0) this.complaints.add(`left behind: ${this.store.watches} watches`);
  }

  /** Complains if too many requests were sent, or too close to each other. */
  judgeRate(): void {
    const { sent, flooded } = this.store;
    if (flooded) return void this.complaints.add(`flood: more than ${FLOOD} requests in one instant`);
    const pushed = this.store.script?.changes ? this.#begins.length : 0;
    for (const complaint of rateComplaints(sent, this.#begins, pushed)) this.complaints.add(complaint);
  }

  #judge(title: string, { waits, resolves }: Promised, error: unknown): void {
    const ended = error === STOP || error instanceof LockerClosedError;
    if (ended) {
      if (resolves) this.complaints.add(`contract: ${title} rejected at its normal end, with ${error}`);
    } else if (!(error instanceof NatslockError)) this.complaints.add(`typed: ${title} rejected with ${error}`);
    else if (waits && error.transient) this.complaints.add(`wait: ${title} ended at a transient error, ${error}`);
  }

  /** Complains and returns true if the call should have ended by now. */
  #isLate({ title, begun, deadline, settled }: Call): boolean {
    const now = this.clock.now();
    const what = settled ? `ended after ${Math.round(now - begun)} ms` : "has not ended";
    if (now > deadline) this.complaints.add(`end: ${title} ${what}, ${Math.round(deadline - begun)} ms allowed`);
    return now > deadline;
  }

  /** Complains if the Locker still claims a lease whose last confirmed write is too long ago. */
  #look(): void {
    const over = this.clock.now() >= this.store.confirmedAt + VALID;
    if (over && this.locker.token !== null) this.complaints.add("held: token is not null after the lease is over");
    for (const lease of this.#leases) {
      if (over && lease.held) this.complaints.add("held: lease.held is true after the lease is over");
      if (!lease.held && !lease.signal.aborted) this.complaints.add("held: lease.signal aborts late");
    }
  }

  /** Waits until no request came for more turns of the promise queue than it takes to handle an answer. */
  async #settle(): Promise<void> {
    for (let calls = -1; calls !== this.store.calls;) {
      calls = this.store.calls;
      for (let turn = 0; turn < 32; turn++) await Promise.resolve();
    }
  }
}
