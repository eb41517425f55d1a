/**
 * Counts the steps of the state machine that a search has tried.
 *
 * @module
 */

import type { LeaseEvent, Phase } from "../../src/lease/model.ts";

type At = Phase["at"];
type On = LeaseEvent["on"];

const PHASES: Record<At, number> = { idle: 0, seeking: 1, held: 2, leaving: 3 };
const EVENTS: Record<On, number> = {
  start: 0,
  renew: 1,
  tick: 2,
  leave: 3,
  retry: 4,
  hint: 5,
  applied: 6,
  conflict: 7,
  unknown: 8,
  failed: 9,
  seen: 10,
  check: 11,
};

/** Counts steps by phase, event and next phase. */
export class Steps {
  readonly #counts = new Float64Array(4 * 12 * 4);

  /** Counts one step. */
  count(from: At, event: On, to: At): void {
    const place = placeOf(from, event, to);
    this.#counts[place] = (this.#counts[place] ?? 0) + 1;
  }

  /** How often each step was tried. An event that never occurred in a phase is listed once, with 0. */
  get counts(): Map<string, number> {
    const counts = new Map<string, number>();
    const phases = Object.keys(PHASES) as At[];
    for (const from of phases) {
      for (const event of Object.keys(EVENTS) as On[]) {
        const ends = phases.filter((to) => (this.#counts[placeOf(from, event, to)] ?? 0) > 0);
        for (const to of ends) counts.set(`${from} -- ${event} --> ${to}`, this.#counts[placeOf(from, event, to)] ?? 0);
        if (ends.length === 0) counts.set(`${from} -- ${event}`, 0);
      }
    }
    return counts;
  }
}

function placeOf(from: At, event: On, to: At): number {
  return (PHASES[from] * 12 + EVENTS[event]) * 4 + PHASES[to];
}
