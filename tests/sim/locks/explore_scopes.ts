/**
 * The scopes of `deno task explore` for many locks. They go further than the tests.
 *
 * @module
 */

import type { Findings } from "../search.ts";
import { burialModel } from "./explore_burial.ts";
import { type Model, StateSearch } from "./explore_search.ts";
import { ticketModel } from "./explore_tickets.ts";

/** A search that can be advanced in parts. */
export interface Searching {
  advance(moves: number): boolean;
  readonly findings: Findings;
}

/** A scope: its description, and its search. */
export interface LockScope {
  readonly shown: string;
  readonly search: () => Searching;
}

/** The scopes by name. The longest takes a few minutes. */
export const LOCK_SCOPES: ReadonlyMap<string, LockScope> = new Map([
  tickets("ticket-denied", { silences: 3, tickets: 2, doubles: 1, thefts: 1, refusals: 1 }),
  tickets("ticket-stale", { silences: 3, tickets: 2, doubles: 1, staleReads: 1, failures: 1 }),
  tickets("ticket-doubled", { silences: 2, tickets: 2, doubles: 2, thefts: 1, collisions: 1 }),
  burials("burial-silent", { renewals: 1, staleReads: 1, silences: 1, collisions: 1, pushes: 1 }),
  burials("burial-pushed", { renewals: 1, pushes: 3, end: 9 }),
]);

function tickets(name: string, budget: Parameters<typeof ticketModel>[0]): [string, LockScope] {
  return [name, { shown: `tickets of one slot, ${wordsOf(budget)}`, search: () => searching(ticketModel(budget)) }];
}

function burials(name: string, budget: Parameters<typeof burialModel>[0]): [string, LockScope] {
  return [name, {
    shown: `a session and its watcher, ${wordsOf(budget)}`,
    search: () => searching(burialModel(budget)),
  }];
}

function wordsOf(budget: object): string {
  return Object.entries(budget).map(([name, count]) => `${name} ${count}`).join(", ");
}

function searching<World>(model: Model<World>): Searching {
  const search = new StateSearch(model);
  return {
    advance: (moves) => search.advance(moves),
    get findings(): Findings {
      const { states, moves, depth, open, fault, isComplete } = search.found;
      const broken = fault === null ? null : { rule: fault.rule, path: fault.schedule };
      return { states, moves, open, depth, broken, complete: isComplete, steps: new Map() };
    },
  };
}
