/**
 * One Locker on a hostile store: what is promised of it, whatever the store answers, is watched at each instant.
 *
 * @module
 */

import { type Lease, Locker, LockerClosedError, NatslockError } from "@x/natslock";
import type { Random } from "../../src/base/random.ts";
import { rateComplaints } from "./rate.ts";
import { FLOOD, HostileStore, type Script, SteppingClock, TTL } from "./store.ts";

/** Longest wait for one answer, in ms, as it follows from the lease length. */
export const REQUEST_TIMEOUT = TTL / 4;
/** How long a grant or renewal counts from when it left, in ms. */
const VALID = 0.9 * TTL;
/** How long `close()` may take, and what it ends, in ms. */
const CLOSING = 2 * TTL;
/** More turns of the clock than any cell that is paced needs. */
const MOST_STEPS = 20_000;

/** What a user's signal is aborted with. */
export const STOP = new Error("the user has had enough");

/** What is promised of a call. */
export interface Promised {
  /** When it must have settled, in ms from its begin. */
  readonly within: number;
  /** True if it waits transient trouble out. */
  readonly waits?: boolean;
  /** True if its signal, or `close()`, is its normal end. */
  readonly resolves?: boolean;
}

interface Call {
  readonly title: string;
  readonly begun: number;
  deadline: number;
  settled: boolean;
}

/** Chance that is the same each time; `next()` tells the middle. */
export function fixedRandom(): Random {
  let count = 0;
  return { next: () => 0.5, uuid: () => `00000000-0000-4000-8000-${String(++count).padStart(12, "0")}` };
}

/** One Locker, the store it is on, and what is wrong so far. */
export class Cell {
  readonly clock: SteppingClock = new SteppingClock();
  readonly store: HostileStore = new HostileStore(this.clock);
  readonly locker: Locker;
  /** What is wrong, each said once. */
  readonly complaints: Set<string> = new Set();
  /** Another Locker, on the sane store beneath. */
  readonly other: Locker;
  readonly #leases: Lease[] = [];
  readonly #calls: Call[] = [];
  /** When something began that may send requests of its own. */
  readonly #begins: number[] = [];
  /** Timers of the user that wait. */
  #timers = 0;

  constructor() {
    const { clock, store } = this;
    const random = fixedRandom();
    // Revisions below those of the key, for looks that are stale.
    for (let write = 0; write < 5; write++) store.sane.put("another", "mark");
    this.other = new Locker({ store: store.sane, clock, random });
    this.locker = new Locker({ store, clock, random });
    store.id = this.locker.id;
  }

  /** From here on the store answers by the script. */
  turn(script: Script, saneEvery: number): void {
    Object.assign(this.store, { script, saneEvery });
  }

  /** Begins a call; resolves with what it came to, `undefined` if it rejected. Complains if it breaks a promise. */
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

  /** Watches that the lease is never held for longer than what was confirmed. */
  keep(lease: Lease): Lease {
    this.#leases.push(lease);
    return lease;
  }

  /** A user's signal, aborted after some ms. */
  signalAfter(ms: number): AbortSignal {
    const stop = new AbortController();
    this.after(ms, () => {
      this.#begins.push(this.clock.now());
      stop.abort(STOP);
    });
    return stop.signal;
  }

  /** Lets some ms pass. */
  sleep(ms: number): Promise<void> {
    return new Promise((resolve) => this.after(ms, resolve));
  }

  /** Calls back after some ms, as a user would; what is left of it is not held against the Locker. */
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

  /** Closes the Locker: that ends every call. */
  async close(): Promise<void> {
    const latest = this.clock.now() + CLOSING;
    for (const call of this.#calls) call.deadline = Math.min(call.deadline, latest);
    await this.call("close()", { within: CLOSING }, () => this.locker.close());
  }

  get #open(): Call[] {
    return this.#calls.filter(({ settled }) => !settled);
  }

  /** Moves time on from timer to timer, until that is true, or something is overdue; true if it came so far. */
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

  /** What is left behind once all has ended. */
  leftovers(): void {
    const pending = this.clock.pending - this.#timers;
    if (pending > 0) this.complaints.add(`left behind: ${pending} timers`);
    if (this.store.watches > 0) this.complaints.add(`left behind: ${this.store.watches} watches`);
  }

  /** Judges how many requests were sent, and how close to each other. */
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
    else if (waits && error.transient) this.complaints.add(`wait: ${title} ended at transient trouble, ${error}`);
  }

  /** Complains, and says true, if the call should have ended by now. */
  #isLate({ title, begun, deadline, settled }: Call): boolean {
    const now = this.clock.now();
    const what = settled ? `ended after ${Math.round(now - begun)} ms` : "has not ended";
    if (now > deadline) this.complaints.add(`end: ${title} ${what}, ${Math.round(deadline - begun)} ms allowed`);
    return now > deadline;
  }

  /** What is believed to be held must have been confirmed not long ago (L5). */
  #look(): void {
    const over = this.clock.now() >= this.store.confirmedAt + VALID;
    if (over && this.locker.token !== null) this.complaints.add("held: token is shown after the lease is over");
    for (const lease of this.#leases) {
      if (over && lease.held) this.complaints.add("held: lease.held is true after the lease is over");
      if (!lease.held && !lease.signal.aborted) this.complaints.add("held: lease.signal is late");
    }
  }

  /** Until nothing was asked for during more turns of the promise queue than an answer takes to be heeded. */
  async #settle(): Promise<void> {
    for (let calls = -1; calls !== this.store.calls;) {
      calls = this.store.calls;
      for (let turn = 0; turn < 32; turn++) await Promise.resolve();
    }
  }
}
