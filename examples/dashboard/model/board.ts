/** All locks of a bucket, as far as the page knows them. */

import type { Change } from "./change.ts";
import { afterChange, afterNothing, type Lock, type Phase, phaseOf, unconfirmed } from "./lock.ts";
import { isReserved, keepsOf } from "./queues.ts";
import { EXPIRY_LAG, ServerTime } from "./server_time.ts";

/** The page's clocks, in milliseconds. */
export interface Clocks {
  /** Never goes back; counts the time that the machine sleeps. */
  now(): number;
  /** The browser's clock, since the Unix epoch. */
  wall(): number;
}

/** How many locks are in each phase. */
export type Counts = Readonly<Record<Phase, number>> & {
  readonly all: number;
  readonly transitions: number;
  /** Holds that ended without a release since the page was opened. */
  readonly crashes: number;
};

/** A time in which the page received nothing, by the server's clock; `to` is `null` while it lasts. */
export interface Blindness {
  readonly from: number;
  readonly to: number | null;
}

/** How many such times are remembered. */
const BLIND_KEPT = 50;

/** Holds the locks, and the sessions and requests of a bucket for queues. Reports which of them changed, and which should be read. */
export class Board {
  readonly locks = new Map<string, Lock>();
  readonly #clocks: Clocks;
  readonly #changed: (key: string) => void;
  readonly #phases = new Map<string, Phase>();
  readonly #asked = new Map<string, number>();
  #blind: readonly Blindness[] = [{ from: -Infinity, to: null }];
  #time: ServerTime;
  #bucketTtl: number;

  /** `bucketTtl`: lease length in milliseconds for records that do not state one, 0 if unknown. */
  constructor(clocks: Clocks, bucketTtl: number, changed: (key: string) => void) {
    this.#clocks = clocks;
    this.#bucketTtl = bucketTtl;
    this.#changed = changed;
    this.#time = new ServerTime(clocks.wall(), clocks.now());
  }

  /** The server's time. */
  get now(): number {
    return this.#time.now(this.#clocks.now());
  }

  /** How far the browser's clock is ahead of the server's; 0 if the difference is small. */
  get skew(): number {
    return this.#time.skew(this.#clocks.wall(), this.#clocks.now());
  }

  /** The times in which the page received nothing, oldest first. */
  get blind(): readonly Blindness[] {
    return this.#blind;
  }

  /** The phase of a lock now. */
  phase(lock: Lock): Phase {
    return phaseOf(lock, this.now);
  }

  /** Takes in a record that was pushed or found. */
  apply(change: Change): void {
    const before = this.locks.get(change.key);
    const lock = afterChange(before, change, keepsOf(change.key, this.#bucketTtl));
    if (change.previous !== null) this.#time.pushed(change.at, this.#clocks.now());
    else this.#time.found(change.at, lock.end, this.#clocks.now());
    this.#put(before, lock);
  }

  /** Takes in that a read found nothing; it began when the lock was at `revision`. */
  nothing(key: string, revision: number): void {
    const lock = this.locks.get(key);
    if (!lock) return;
    const after = afterNothing(lock, revision, this.now);
    this.#put(lock, after);
    // Each request has a key of its own, so they would pile up.
    if (isReserved(key) && after.leader === null) this.#forget(key);
  }

  /** The connection is lost: from now on no lock is confirmed. */
  lost(): void {
    if (this.#blind.at(-1)?.to !== null) {
      this.#blind = [...this.#blind.slice(1 - BLIND_KEPT), { from: this.now, to: null }];
    }
    for (const lock of this.locks.values()) this.#put(lock, unconfirmed(lock));
  }

  /** The page has seen all records, and changes are pushed from now on. */
  seen(): void {
    const last = this.#blind.at(-1);
    if (last?.to === null) this.#blind = [...this.#blind.slice(0, -1), { ...last, to: this.now }];
  }

  /** Lets time pass. Returns the keys to read since their lease ended, none twice within `patience` milliseconds. */
  tick(patience: number): string[] {
    const now = this.now;
    const due: string[] = [];
    for (const [key, lock] of this.locks) {
      const phase = phaseOf(lock, now);
      if (phase !== this.#phases.get(key)) this.#tell(key, phase);
      if (phase !== "overdue" || now < (lock.end ?? 0) + EXPIRY_LAG) continue;
      if (now - (this.#asked.get(key) ?? -Infinity) < patience) continue;
      this.#asked.set(key, now);
      due.push(key);
    }
    return due;
  }

  /** Counts the locks by phase; sessions and requests do not count. */
  count(): Counts {
    const counts = { held: 0, vacant: 0, overdue: 0, foreign: 0, stale: 0, transitions: 0, crashes: 0 };
    const now = this.now;
    let all = 0;
    for (const lock of this.locks.values()) {
      if (isReserved(lock.key)) continue;
      all++;
      counts[phaseOf(lock, now)]++;
      counts.transitions += lock.transitions;
      for (const { ending } of lock.tenures) if (ending === "expired") counts.crashes++;
    }
    return { ...counts, all };
  }

  #forget(key: string): void {
    this.locks.delete(key);
    this.#phases.delete(key);
    this.#asked.delete(key);
    this.#changed(key);
  }

  #put(before: Lock | undefined, lock: Lock): void {
    if (before === lock) return;
    this.locks.set(lock.key, lock);
    this.#tell(lock.key, phaseOf(lock, this.now));
  }

  #tell(key: string, phase: Phase): void {
    this.#phases.set(key, phase);
    this.#changed(key);
  }
}
