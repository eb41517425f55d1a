/**
 * What must be true in every world of the ticket search.
 *
 * @module
 */

import { nonceOf, placeOf, type World } from "./explore_ticket_world.ts";

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

/** Of a ticket that is gone nothing is stored but a doubled write, or what could not be removed. */
function left({ state, key, ticket, excused }: World): string | null {
  if (key.kind !== "ticket" || (key.ticket === ticket && state.at !== "gone")) return null;
  if (excused.includes(nonceOf(key.ticket, key.attempt)) || excused.includes(`${key.ticket}`)) return null;
  return "A ticket is gone, but it is still stored";
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
