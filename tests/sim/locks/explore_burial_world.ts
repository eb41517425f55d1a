/**
 * The world of the burial search: a session, its key on a server, and the messages that are under way.
 *
 * @module
 */

import type { BurialState } from "../../../src/locks/burial.ts";

/** Times in steps. */
export const TTL = 3;
export const MARGIN = 1;
export const SLACK = 1;

/** The message under the session's key. */
export interface Message {
  readonly revision: number;
  readonly kind: "none" | "record" | "marker";
  /** When it was stored. */
  readonly at: number;
}

/** How often something may still happen. */
export interface Budget {
  /** The last step of time. */
  readonly end: number;
  readonly renewals: number;
  /** Answers that show an earlier state, or falsely no message at all. */
  readonly staleReads: number;
  /** Answers that do not tell the age of the message. */
  readonly ageless: number;
  /** Markers without an answer. */
  readonly silences: number;
  /** Refusals because another write is in flight. */
  readonly collisions: number;
  readonly failures: number;
  /** Pushes that are delivered. */
  readonly pushes: number;
}

/** Everything that decides what can happen next. */
export interface World {
  readonly now: number;
  readonly key: Message;
  /** Earlier states of the key. */
  readonly past: readonly Message[];
  readonly last: number;
  /** The session: the revision that its next renewal expects. */
  readonly revision: number;
  /** It renews. A session that does not may be paused, and then believes to be valid all the same. */
  readonly isRunning: boolean;
  /** Until when the session believes to be valid. */
  readonly validUntil: number;
  /** A renewal under way: the revision that it expects, and when it was sent. */
  readonly renewal: { readonly expected: number; readonly sentAt: number } | null;
  readonly state: BurialState;
  readonly asked: "read" | "bury" | null;
  readonly pausedAt: number | null;
  /** Markers for whose answer nobody waits, and which may still arrive. */
  readonly late: number;
  readonly pushes: readonly Message[];
  /** Requests since the last pause. */
  readonly row: number;
  readonly budget: Budget;
  readonly fault: string | null;
}

/** Stores a message, or removes one that expired (`kind` is "none"). */
export function put(world: World, kind: Message["kind"]): World {
  const isStored = kind !== "none";
  const last = world.last + (isStored ? 1 : 0);
  const key = { revision: isStored ? last : 0, kind, at: world.now };
  const pushes = isStored && world.budget.pushes > 0 ? [...world.pushes, key] : world.pushes;
  return { ...world, key, past: [...world.past, world.key], last, pushes };
}

/** Takes one from the budget. */
export function spent(world: World, what: keyof Budget): World {
  return { ...world, budget: { ...world.budget, [what]: world.budget[what] - 1 } };
}

/** A renewal arrives: it is stored only on the revision that it expects. A refused session is lost. */
export function renewed(world: World, { expected, sentAt }: NonNullable<World["renewal"]>): World {
  const idle = { ...world, renewal: null };
  if (world.key.revision !== expected) return { ...idle, isRunning: false };
  const after = put(idle, "record");
  return { ...after, revision: after.last, validUntil: sentAt + TTL - MARGIN };
}

/** What the session and the server do. */
export function sessionMoves(world: World): { readonly name: string; readonly world: World }[] {
  const { now, key, revision, isRunning, renewal, budget } = world;
  const moves = [];
  if (now < budget.end) moves.push({ name: "time passes", world: { ...world, now: now + 1 } });
  if (key.kind === "record" && now >= key.at + TTL) moves.push({ name: "record expires", world: put(world, "none") });
  if (renewal !== null) {
    moves.push({ name: "renewal arrives", world: renewed(world, renewal) });
    moves.push({ name: "renewal is lost", world: { ...world, renewal: null } });
  }
  if (!isRunning) return moves;
  moves.push({ name: "session stops", world: { ...world, isRunning: false } });
  if (renewal !== null) return moves;
  const closed = { ...world, isRunning: false, validUntil: -1 };
  moves.push({ name: "session closes", world: key.revision === revision ? put(closed, "marker") : closed });
  if (budget.renewals > 0 && now < world.validUntil) {
    const sent = { expected: revision, sentAt: now };
    moves.push({ name: "renewal is sent", world: { ...spent(world, "renewals"), renewal: sent } });
  }
  return moves;
}
