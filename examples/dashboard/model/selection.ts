/** Which locks are shown, and in which order. Pure. */

import type { Lock, Phase } from "./lock.ts";

/** Which locks the filter keeps. */
export type Filter = "all" | "held" | "vacant" | "attention";

/** How the list is ordered. */
export type Order = "key" | "recent" | "busiest";

/** What the user chose to see. */
export interface Selection {
  /** Words; each must be found in key, name, id or meta. */
  readonly search: string;
  readonly filter: Filter;
  readonly order: Order;
}

const PHASES: Readonly<Record<Filter, readonly Phase[]>> = {
  all: ["held", "vacant", "overdue", "foreign", "stale"],
  held: ["held"],
  vacant: ["vacant"],
  attention: ["overdue", "foreign", "stale"],
};

const COMPARE: Readonly<Record<Order, (a: Lock, b: Lock) => number>> = {
  key: byKey,
  recent: (a, b) => lastTurn(b) - lastTurn(a) || byKey(a, b),
  busiest: (a, b) => b.transitions - a.transitions || byKey(a, b),
};

/** Returns the keys to show, in order. */
export function select(locks: Iterable<Lock>, phase: (lock: Lock) => Phase, selection: Selection): string[] {
  const words = selection.search.toLowerCase().split(/\s+/).filter((word) => word !== "");
  const wanted = PHASES[selection.filter];
  const chosen = [...locks].filter((lock) => wanted.includes(phase(lock)) && matches(lock, words));
  return chosen.sort(COMPARE[selection.order]).map(({ key }) => key);
}

function matches({ key, leader }: Lock, words: readonly string[]): boolean {
  if (words.length === 0) return true;
  const meta = Object.values(leader?.meta ?? {}).join(" ");
  const text = `${key} ${leader?.name ?? ""} ${leader?.holder ?? ""} ${meta}`.toLowerCase();
  return words.every((word) => text.includes(word));
}

const collator = new Intl.Collator("en", { numeric: true });

function byKey(a: Lock, b: Lock): number {
  return collator.compare(a.key, b.key);
}

function lastTurn({ tenures }: Lock): number {
  const last = tenures.at(-1);
  return last?.to ?? last?.from ?? 0;
}
