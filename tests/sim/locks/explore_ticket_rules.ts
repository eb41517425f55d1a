/**
 * What must be true in every world of the ticket search.
 *
 * @module
 */

import { placeOf, type World } from "./explore_ticket_world.ts";

/** The most requests without a pause, and without a missing answer, which takes time as well. */
export const LONGEST_ROW = 8;

/** The rule that a world breaks; `null` if it breaks none. */
export function ticketFault(world: World, isEnd: boolean): string | null {
  return world.fault ?? believed(world) ?? left(world) ?? fenced(world) ?? progress(world, isEnd);
}

/** A ticket that believes to be stored is stored, unless another removed it. */
function believed(world: World): string | null {
  const place = placeOf(world);
  if (place === null || world.stolen.includes(place)) return null;
  const { key, ticket, state } = world;
  const isStored = key.kind === "ticket" && key.revision === place && key.ticket === ticket && "attempt" in state &&
    key.attempt === state.attempt;
  return isStored ? null : "A ticket believes to be stored, but it is not";
}

/** What is stored of a ticket that left, was stored by a request for whose answer nobody waited. */
function left({ state, key, ticket }: World): string | null {
  if (state.at !== "gone" || state.end.why === "fenced" || key.kind !== "ticket" || key.ticket !== ticket) return null;
  if (state.end.error !== null || key.isLate) return null;
  return `A ticket is gone (${state.end.why}), but it is still stored`;
}

/** Nothing of a fenced ticket is ever stored. */
function fenced({ state, key, ticket }: World): string | null {
  const isFenced = state.at === "gone" && state.end.why === "fenced";
  return isFenced && key.kind === "ticket" && key.ticket === ticket ? "A write on a fenced slot is stored" : null;
}

/** Nobody waits for nothing, and nobody asks without a pause for ever. */
function progress({ state, asked, isPausing, row }: World, isEnd: boolean): string | null {
  if (row > LONGEST_ROW) return `More than ${LONGEST_ROW} requests are sent without a pause`;
  const isWorking = state.at === "doubtful" || state.at === "leaving" || state.at === "writing";
  if (isWorking && asked === null && !isPausing) return `A ticket that is ${state.at} waits for nothing`;
  return isEnd && state.at !== "gone" ? `A schedule ends with a ticket that is ${state.at}` : null;
}
