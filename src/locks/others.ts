/** What a queue does about the tickets of other sessions: finds out who is dead, and removes tickets. */

import { outcomeOf } from "./context.ts";
import type { PlacedTicket } from "./look.ts";
import type { QueueGround } from "./queue_ground.ts";
import type { QueuedRequest } from "./queued_request.ts";

/** How long the marker of a theft stays, in lease lengths: the owner's next check finds it. */
const THEFT_TTL = 3;

/** Returns how long the marker of a theft stays, in milliseconds. `ttl`: lease length of the owner's session. */
export const theftTtl = (ttl: number): number => Math.ceil(THEFT_TTL * ttl / 1000) * 1000;

/** Removes tickets, each at its place. Returns those that are certainly gone. */
async function removeAll(
  ground: QueueGround,
  tickets: readonly PlacedTicket[],
  markerTtl?: number,
): Promise<PlacedTicket[]> {
  const { store, timing: { requestTimeout: timeout } } = ground.context;
  const outcomes = await Promise.all(tickets.map(async ({ key, place }) => {
    const outcome = await outcomeOf(store.remove(key, { expected: place, markerTtl, timeout }), key);
    // A refusal that names the key's revision proves it as well: a ticket is never written again at its place.
    return outcome.kind === "applied" || (outcome.kind === "conflict" && outcome.current !== null);
  }));
  return tickets.filter((_, index) => outcomes[index]);
}

/** Removes the tickets of sessions that are proven dead. Returns those that are certainly gone. */
export function removeDead(ground: QueueGround, tickets: readonly PlacedTicket[]): Promise<PlacedTicket[]> {
  return removeAll(ground, tickets);
}

/** Removes the tickets before that of a thief. Returns those that are certainly gone. Own ones hear of it at once. */
export async function steal(ground: QueueGround, tickets: readonly PlacedTicket[]): Promise<PlacedTicket[]> {
  const gone = await removeAll(ground, tickets, theftTtl(ground.context.timing.ttl));
  for (const { key, place } of gone) {
    const own = ground.ownTicket(key);
    if (own?.place === place) own.post({ on: "removed" });
  }
  return gone;
}

/**
 * Reports whether the session of one of the tickets is dead. Waits at most one lease length for each. The request fails
 * if that cannot be found out, and waiting cannot help.
 */
export async function isAnyDead(
  { monitors, id }: QueueGround,
  request: QueuedRequest,
  tickets: readonly PlacedTicket[],
): Promise<boolean> {
  for (const { session } of tickets) {
    if (session === id || request.isOver) continue;
    const asking = monitors.ask(session, (cancel) => request.onOver(cancel));
    const isDead = await asking.catch((error: unknown) => request.fail(error));
    if (isDead) return true;
  }
  return false;
}
