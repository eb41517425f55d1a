/**
 * What can go wrong, how often it does in one run, and how often it did.
 *
 * @module
 */

import type { Chance } from "./chance.ts";

/** Faults that befall one message, one push or one call: drawn at each. */
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

/** Faults that come over the world now and then and last for a while. */
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

/** Faults after which mutual exclusion is not promised: only the token protects. */
export const DISASTERS = [
  "foreign write",
  "eviction",
  "bucket deleted",
  "bucket made anew",
  "sequence rolled back",
] as const;

/** Faults of a clock for the whole run. */
export const CLOCK_FAULTS = ["slow clock", "fast clock", "skewed server"] as const;

/** What follows from other faults or takes no chance of theirs: counted where it is seen. */
export const SEEN_FAULTS = ["requests reordered", "revision 0 came back", "wall clock off"] as const;

export const FAULTS = [...EDGE_FAULTS, ...STORM_FAULTS, ...DISASTERS, ...CLOCK_FAULTS, ...SEEN_FAULTS] as const;

/** One kind of fault. */
export type Fault = (typeof FAULTS)[number];

/** Limits on a run's faults, found by shrinking. */
export interface Mask {
  /** Faults after this many do not happen. */
  readonly most?: number;
  /** Kinds that do not happen. */
  readonly without?: readonly Fault[];
}

/** What one run may suffer: a random subset of the kinds, each at a rate of its own, so that rare pairs meet. */
export class Weather {
  readonly hits = new Map<Fault, number>();
  readonly #rates = new Map<Fault, number>();
  readonly #chance: Chance;
  readonly #mask: Mask;
  #total = 0;
  #calm = false;

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

  /** How many faults there were. */
  get total(): number {
    return this.#total;
  }

  /** True once nothing goes wrong any more. */
  get isCalm(): boolean {
    return this.#calm;
  }

  /** From now on nothing goes wrong any more. */
  calm(): void {
    this.#calm = true;
  }

  /** True if this fault happens here; chance is drawn alike whether or not the mask lets it. */
  hit(fault: Fault): boolean {
    const rate = this.#rates.get(fault);
    if (rate === undefined || !this.#chance.happens(rate)) return false;
    return this.#count(fault);
  }

  /** One of the storms or disasters of this run, drawn by their rates; `null` if none. */
  storm(): Fault | null {
    const kinds = [...STORM_FAULTS, ...DISASTERS].filter((kind) => this.#rates.has(kind));
    const sum = kinds.reduce((total, kind) => total + (this.#rates.get(kind) ?? 0), 0);
    let left = this.#chance.next() * sum;
    const kind = kinds.find((each) => (left -= this.#rates.get(each) ?? 0) < 0);
    return kind !== undefined && this.#count(kind) ? kind : null;
  }

  /** Counts what was seen to follow from others. */
  see(fault: (typeof SEEN_FAULTS)[number]): void {
    this.hits.set(fault, (this.hits.get(fault) ?? 0) + 1);
  }

  #count(fault: Fault): boolean {
    const { most = Infinity, without = [] } = this.#mask;
    if (this.#calm || this.#total >= most || without.includes(fault)) return false;
    this.#total++;
    this.hits.set(fault, (this.hits.get(fault) ?? 0) + 1);
    return true;
  }
}
