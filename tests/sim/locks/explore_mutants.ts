/**
 * Runs the exhaustive searches on the shipped machines and on mutants of them.
 *
 * @module
 */

import type { Mutation } from "../mutation.ts";
import { type BurialMachine, burialModel } from "./explore_burial.ts";
import { compareRules, type QueueRules } from "./explore_rules.ts";
import { exploreAll, type Found, type Model } from "./explore_search.ts";
import { type TicketMachine, ticketModel } from "./explore_tickets.ts";

/** Scopes of the ticket search that take a few seconds together. */
export const TICKET_SCOPES: readonly Parameters<typeof ticketModel>[0][] = [
  { silences: 2, tickets: 2 },
  { silences: 2, collisions: 1, failures: 1, refusals: 1, staleReads: 1 },
  { silences: 1, tickets: 2, doubles: 1, thefts: 1 },
  { silences: 1, tickets: 2, staleReads: 1 },
];

/** Scopes of the burial search that take a few seconds together. */
export const BURIAL_SCOPES: readonly Parameters<typeof burialModel>[0][] = [
  { renewals: 2, staleReads: 1 },
  { renewals: 1, silences: 1, collisions: 1, failures: 1, ageless: 1, end: 5 },
  { collisions: 4 },
  { pushes: 3, end: 9 },
];

const SRC = new URL("../../../src/", import.meta.url);

/** The queues that are compared have up to this many tickets. */
export const LONGEST_QUEUE = 5;

/** Imports a copy of a source file with one edit. */
async function importMutant<T>({ file, from, to }: Mutation): Promise<T> {
  const source = new URL(file, SRC);
  const text = await Deno.readTextFile(source);
  const places = text.split(from).length - 1;
  if (places !== 1) throw new Error(`Cannot edit ${file}: "${from}" must occur once, found ${places} times`);
  const folder = await Deno.makeTempDir({ prefix: "natslock-mutant-" });
  try {
    const edited = text.replace(from, () => to);
    const linked = edited.replaceAll(/from "(\.[^"]+)"/g, (_, path) => `from "${new URL(path, source)}"`);
    await Deno.writeTextFile(`${folder}/mutant.ts`, `// @ts-nocheck: an edit of "${file}"\n${linked}`);
    return await import(`file://${folder}/mutant.ts`) as T;
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** Searches until a scope shows a fault. */
function firstFault<World>(models: readonly Model<World>[]): string | null {
  for (const model of models) {
    const { fault }: Found = exploreAll(model);
    if (fault !== null) return fault.rule;
  }
  return null;
}

/** Returns the rule that a mutant of the ticket machine breaks; `null` if none. */
export async function ticketFaultOf(mutation: Mutation): Promise<string | null> {
  const machine = await importMutant<TicketMachine>(mutation);
  return firstFault(TICKET_SCOPES.map((budget) => ticketModel(budget, machine)));
}

/** Returns the rule that a mutant of the burial machine breaks; `null` if none. */
export async function burialFaultOf(mutation: Mutation): Promise<string | null> {
  const machine = await importMutant<BurialMachine>(mutation);
  return firstFault(BURIAL_SCOPES.map((budget) => burialModel(budget, machine)));
}

/** Returns what a mutant of the queue rules gets wrong; `null` if nothing. */
export async function rulesFaultOf(mutation: Mutation): Promise<string | null> {
  return compareRules(LONGEST_QUEUE, await importMutant<QueueRules>(mutation)).fault;
}
