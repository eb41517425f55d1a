/** What a queue does about the tickets of other sessions: finds out who is dead, and removes tickets. */

import type { NatslockError } from "../base/errors.ts";
import { isConfirmed, outcomeOf } from "./context.ts";
import type { PlacedTicket } from "./look.ts";
import type { QueueGround } from "./queue_ground.ts";
import type { QueuedRequest } from "./queued_request.ts";

/** How long the marker of a theft stays, in lease lengths: the owner's next check finds it. */
const THEFT_TTL = 3;

/** Returns how long the marker of a theft stays, in milliseconds. `ttl`: lease length of the owner's session. */
export const theftTtl = (ttl: number): number => Math.ceil(THEFT_TTL * ttl / 1000) * 1000;

/** How removals of tickets ended. */
export interface Removal {
  /** The tickets that are certainly gone. */
  readonly gone: readonly PlacedTicket[];
  /** Why a ticket cannot be removed, if waiting cannot help. */
  readonly error: NatslockError | null;
}

/** Removes tickets, each at its place. */
async function removeAll(
  ground: QueueGround,
  tickets: readonly PlacedTicket[],
  markerTtl?: number,
): Promise<Removal> {
  const { store, timing: { requestTimeout: timeout } } = ground.context;
  const outcomes = await Promise.all(tickets.map(({ key, place }) => {
    return outcomeOf(() => store.remove(key, { expected: place, markerTtl, timeout }), key);
  }));
  const failed = outcomes.find((outcome) => outcome.kind === "failed" && !outcome.error.transient);
  return {
    gone: tickets.filter((_, index) => isConfirmed(outcomes[index])),
    error: failed?.kind === "failed" ? failed.error : null,
  };
}

/** Removes the tickets of sessions that are proven dead. */
export function removeDead(ground: QueueGround, tickets: readonly PlacedTicket[]): Promise<Removal> {
  return removeAll(ground, tickets);
}

/** Removes the tickets before that of a thief. Own ones hear of it at once. */
export async function steal(ground: QueueGround, tickets: readonly PlacedTicket[]): Promise<Removal> {
  const removal = await removeAll(ground, tickets, theftTtl(ground.context.timing.ttl));
  for (const { key, place } of removal.gone) {
    const own = ground.ownTicket(key);
    if (own?.place === place) own.post({ on: "removed" });
  }
  return removal;
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
    const asking = monitors.ask(session, (cancel) => {
      request.want.asks(session);
      request.onOver(cancel);
    });
    const isDead = await asking.catch((error: unknown) => request.fail(error));
    if (isDead) return true;
  }
  return false;
}
