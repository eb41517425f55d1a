/**
 * The kinds of faults, how often they happen in one run, and how often they happened.
 *
 * @module
 */

import type { Chance } from "./chance.ts";

/** Faults of one message, one pushed change or one call. Each of these draws separately. */
export const EDGE_FAULTS = [
  "request lost",
  "request late",
  "request twice",
  "request refused",
  "right revoked",
  "write in flight",
  "answer lost",
  "answer late",
  "store threw",
  "stale read",
  "push lost",
  "push late",
  "push twice",
  "push replayed",
  "push forged",
  "watch gap",
  "late expiry",
  "wait aborted",
  "work overdue",
] as const;

/** Storms: faults that start at random times, last for a while, and affect a node or the server. */
export const STORM_FAULTS = [
  "node cut off",
  "requests cut",
  "answers cut",
  "pushes cut",
  "hostile answers",
  "pause",
  "suspend",
  "short sleeps",
  "wall forward",
  "wall back",
  "timers throttled",
  "crash",
  "restart with the same id",
  "locker closed",
  "connection closed",
  "no leader",
  "leader change",
] as const;

/** Disasters: faults after which mutual exclusion is not guaranteed. Only the fencing token protects. */
export const DISASTERS = [
  "foreign write",
  "eviction",
  "bucket deleted",
  "bucket re-created",
  "sequence rolled back",
] as const;

/** Faults of a clock that last for the whole run. */
export const CLOCK_FAULTS = ["slow clock", "fast clock", "skewed server"] as const;

/** Consequences of other faults, and faults that are drawn elsewhere. They are counted where they are seen. */
export const SEEN_FAULTS = ["requests reordered", "revision 0 came back", "wall clock off"] as const;

export const FAULTS = [...EDGE_FAULTS, ...STORM_FAULTS, ...DISASTERS, ...CLOCK_FAULTS, ...SEEN_FAULTS] as const;

/** One kind of fault. */
export type Fault = (typeof FAULTS)[number];

/** Limits the faults of a run. Shrinking finds these limits. */
export interface Mask {
  /** Maximum number of faults. Later ones do not happen. */
  readonly most?: number;
  /** Kinds that do not happen. */
  readonly without?: readonly Fault[];
}

/**
 * Weather: the faults that one run can have. It is a random subset of the kinds, and each kind has its own rate, so
 * that rare combinations occur.
 */
export class Weather {
  readonly hits = new Map<Fault, number>();
  readonly #rates = new Map<Fault, number>();
  readonly #chance: Chance;
  readonly #mask: Mask;
  #total = 0;
  #calmAt = Infinity;

  constructor(chance: Chance, mask: Mask = {}) {
    this.#chance = chance;
    this.#mask = mask;
    const rough = 0.1 + 0.9 * chance.next();
    const rare: readonly Fault[] = ["wait aborted", "work overdue"];
    for (const fault of EDGE_FAULTS) {
      if (chance.happens(0.4)) this.#rates.set(fault, (rare.includes(fault) ? 1 : 0.3) * rough * chance.next() ** 2);
    }
    for (const fault of STORM_FAULTS) if (chance.happens(0.5)) this.#rates.set(fault, 0.2 + chance.next());
    for (const fault of DISASTERS) if (chance.happens(0.16)) this.#rates.set(fault, 0.5 + 0.5 * chance.next());
    for (const fault of CLOCK_FAULTS) if (chance.happens(0.5)) this.#rates.set(fault, 0.6);
  }

  /** Number of faults so far. */
  get total(): number {
    return this.#total;
  }

  /** True after faults were switched off. */
  get isCalm(): boolean {
    return this.#calmAt < Infinity;
  }

  /** When faults were switched off, in true time; `Infinity` before that. */
  get calmAt(): number {
    return this.#calmAt;
  }

  /** Switches all faults off. */
  calm(now: number): void {
    this.#calmAt = now;
  }

  /** Returns true if this fault happens now. Draws the same random numbers whether or not the mask allows the fault. */
  hit(fault: Fault): boolean {
    const rate = this.#rates.get(fault);
    if (rate === undefined || !this.#chance.happens(rate)) return false;
    return this.#count(fault);
  }

  /** Draws a storm or a disaster of this run, weighted by their rates; `null` if there is none. */
  storm(): Fault | null {
    const kinds = [...STORM_FAULTS, ...DISASTERS].filter((kind) => this.#rates.has(kind));
    const sum = kinds.reduce((total, kind) => total + (this.#rates.get(kind) ?? 0), 0);
    let left = this.#chance.next() * sum;
    const kind = kinds.find((each) => (left -= this.#rates.get(each) ?? 0) < 0);
    return kind !== undefined && this.#count(kind) ? kind : null;
  }

  /** Counts a fault that was seen as a consequence of others. */
  see(fault: (typeof SEEN_FAULTS)[number]): void {
    this.hits.set(fault, (this.hits.get(fault) ?? 0) + 1);
  }

  #count(fault: Fault): boolean {
    const { most = Infinity, without = [] } = this.#mask;
    if (this.isCalm || this.#total >= most || without.includes(fault)) return false;
    this.#total++;
    this.hits.set(fault, (this.hits.get(fault) ?? 0) + 1);
    return true;
  }
}
