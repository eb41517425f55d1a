/**
 * The world of the ticket search: one slot of one session, its key on a server, and the requests that are under way.
 *
 * @module
 */

import type { TicketEffect, TicketState } from "../../../src/locks/ticket_model.ts";

/** The message under the key. */
export interface Message {
  /** 0 = no message. */
  readonly revision: number;
  readonly kind: "none" | "ticket" | "marker";
  /** Number of the ticket, and of its write; 0 and 0 for a marker. */
  readonly ticket: number;
  readonly attempt: number;
  /** A marker that stays for an hour. */
  readonly isFence: boolean;
}

/** A request on its way to the server. */
export interface Request {
  readonly act: "write" | "remove";
  readonly expected: number;
  readonly ticket: number;
  readonly attempt: number;
  readonly isFence: boolean;
}

/** How often something may still happen. */
export interface Budget {
  /** Tickets, one after the other. */
  readonly tickets: number;
  /** Requests without an answer. */
  readonly silences: number;
  /** Requests that arrive a second time. */
  readonly doubles: number;
  /** Refusals because another write is in flight. */
  readonly collisions: number;
  /** Requests that fail, and may be tried again. */
  readonly failures: number;
  /** Requests that fail for good. */
  readonly refusals: number;
  /** Removals by others. */
  readonly thefts: number;
  /** Reads that a former stream leader answers. */
  readonly staleReads: number;
}

/** Everything that decides what can happen next. */
export interface World {
  readonly key: Message;
  /** Earlier messages under the key, which a former stream leader may show. Empty if there is none. */
  readonly past: readonly Message[];
  /** The latest revision of the bucket. */
  readonly last: number;
  /** Number of the current ticket. */
  readonly ticket: number;
  readonly state: TicketState;
  /** The request that the ticket waits for. */
  readonly asked: Exclude<TicketEffect, { act: "pause" }> | null;
  readonly isPausing: boolean;
  /** Requests for whose answer nobody waits, and which may still arrive. */
  readonly late: readonly Request[];
  /** Places of the tickets that others removed. */
  readonly stolen: readonly number[];
  /**
   * Writes that may be stored after the end of their ticket: the doubled ones, and those of a ticket whose removal was
   * refused for good.
   */
  readonly excused: readonly string[];
  /** Requests since the last pause. */
  readonly row: number;
  readonly hasLeft: boolean;
  readonly budget: Budget;
  /** What the machine did wrong. */
  readonly fault: string | null;
}

/** An empty key. */
export const NOTHING: Message = {
  revision: 0,
  kind: "none",
  ticket: 0,
  attempt: 0,
  isFence: false,
};

/** The server performs a request: it compares the revision. Returns the world with the new message, if it is stored. */
export function performed(world: World, request: Request): World {
  const { key, last } = world;
  const { act, expected, ticket, attempt, isFence } = request;
  if (key.revision !== expected) return world;
  const revision = last + 1;
  const next: Message = act === "write"
    ? { revision, kind: "ticket", ticket, attempt, isFence: false }
    : { ...NOTHING, revision, kind: "marker", isFence };
  return { ...put(world, next), last: revision };
}

/** Replaces the message under the key. */
export function put(world: World, key: Message): World {
  const past = world.budget.staleReads > 0 ? [...world.past, world.key] : [];
  return { ...world, key, past };
}

/** Adds a request for whose answer nobody waits. The order of such requests does not matter. */
export function withLate(world: World, request: Request): World {
  const late = [...world.late, request].sort((a, b) => nameOf(a) < nameOf(b) ? -1 : 1);
  return { ...world, late };
}

/** Takes one from the budget. */
export function spent(world: World, what: keyof Budget): World {
  return { ...world, budget: { ...world.budget, [what]: world.budget[what] - 1 } };
}

/** Describes a request in a schedule. */
export function nameOf({ act, expected, ticket, attempt, isFence }: Request): string {
  const what = act === "write" ? `write ${ticket}.${attempt}` : isFence ? "fence" : "removal";
  return `${what} on ${expected}`;
}

/** The place of the current ticket, if it believes to be stored. */
export function placeOf({ state }: World): number | null {
  return state.at === "queued" || state.at === "held" ? state.place : null;
}

/** The nonce of a write. */
export const nonceOf = (ticket: number, attempt: number): string => `${ticket}.${attempt}`;
