/**
 * What is stored, and who stored it: the tickets of all queues, and the sessions.
 *
 * @module
 */

import type { KeyState } from "../../../src/store/record.ts";
import type { Ticket } from "../../../src/store/ticket.ts";
import type { Ask } from "./ask.ts";
import { SESSION_TTL } from "./climate.ts";
import type { LocksNode } from "./locks_node.ts";

/** What a ticket takes of its queue. Told by the judge's own rules, not by those that it judges. */
export interface Claim {
  readonly exclusive: boolean;
  readonly limit: number;
  readonly weight: number;
}

/** A ticket that was stored. */
export interface Placed {
  readonly key: string;
  readonly place: number;
  readonly session: string;
  readonly name: string;
  readonly claim: Claim;
  /** The process that wrote it; `null` for a foreign value. */
  readonly node: LocksNode | null;
  /** The request that it belongs to; `null` if that is not known. */
  readonly ask: Ask | null;
  readonly storedAt: number;
  /** What stood before it when it was stored: nothing that keeps it out, only tickets of dead sessions, or others. */
  room: "room" | "dead" | "blocked";
  /** When another removed it although its session lived; `null` = never. */
  stolenAt: number | null;
}

/** A session. */
interface Owned {
  readonly node: LocksNode;
  /** When its record was written last. */
  readonly wroteAt: number;
  /** True while its last change was a marker. */
  readonly isOver: boolean;
  /** True once another put a marker on its key. */
  readonly isBuried: boolean;
  /** True if its record was gone, and then a copy of its first write arrived, of which its owner does not know. */
  readonly isStray: boolean;
}

/** How long after its last renewal a dead session may pass for one that lives, in ms. */
const UNNOTICED = 2.5 * SESSION_TTL;

const EXCLUSIVE: Claim = { exclusive: true, limit: Infinity, weight: 1 };

/** Returns the claim in a ticket. One that cannot be read counts as exclusive. */
export function claimOf(ticket: Ticket | null): Claim {
  if (ticket === null || ticket.mode === "exclusive") return EXCLUSIVE;
  return { exclusive: false, limit: ticket.limit ?? Infinity, weight: ticket.weight };
}

/** Returns those that keep a claim out of the queue: all that conflict, or all shared ones if they are too heavy. */
export function keepingOut(claim: Claim, before: readonly Placed[]): readonly Placed[] {
  const conflicting = before.filter((each) => claim.exclusive || each.claim.exclusive);
  if (conflicting.length > 0) return conflicting;
  const sum = before.reduce((total, each) => total + each.claim.weight, claim.weight);
  return sum > claim.limit ? before : [];
}

/** The stored tickets and the sessions of the current bucket. */
export class Truth {
  readonly sessions = new Map<string, Owned>();
  /** Revisions of the first records of all sessions, also of those of earlier buckets. */
  readonly tokens = new Map<string, number>();
  /** Numbers of the tries by which the first records of all sessions were written, also of those of earlier buckets. */
  readonly tries = new Map<string, number>();
  /** Sessions of earlier buckets. Revisions of this bucket can be the same by chance, so nothing is promised for them. */
  readonly former = new Set<string>();
  readonly #look: (key: string) => KeyState;
  /** All tickets of the bucket, by place. */
  readonly #placed = new Map<number, Placed>();
  /** Those that were not removed, by name, in the order of their places. */
  readonly #queues = new Map<string, Placed[]>();

  constructor(look: (key: string) => KeyState) {
    this.#look = look;
  }

  /** All names with a queue. */
  get names(): Iterable<string> {
    return this.#queues.keys();
  }

  /** Returns the ticket that was stored at a place. */
  at(place: number): Placed | undefined {
    return this.#placed.get(place);
  }

  /** Returns the latest ticket of a request. */
  last(ask: Ask): Placed | undefined {
    return [...this.#placed.values()].findLast((each) => each.ask === ask);
  }

  /** Returns how many tickets of a request were stolen under one session. */
  stolenFrom(ask: Ask, session: string): number {
    const isStolen = (each: Placed) => each.ask === ask && each.session === session && each.stolenAt !== null;
    return [...this.#placed.values()].filter(isStolen).length;
  }

  /** Reports whether a ticket is stored now. */
  stands({ key, place }: Placed): boolean {
    return this.#look(key).revision === place;
  }

  /** Reports whether the record of a session is stored now. */
  lives(session: string): boolean {
    return this.#look(`=s.${session}`).kind === "held";
  }

  /** Returns the stored tickets of a lock, in the order of their places. */
  queue(name: string): readonly Placed[] {
    const queue = (this.#queues.get(name) ?? []).filter((each) => this.stands(each));
    this.#queues.set(name, queue);
    return queue;
  }

  /** A ticket was stored. */
  add(placed: Placed): void {
    const before = this.queue(placed.name);
    const passesForAlive = ({ session }: Placed) =>
      this.lives(session) || placed.storedAt < (this.sessions.get(session)?.wroteAt ?? 0) + UNNOTICED;
    if (keepingOut(placed.claim, before).length > 0) {
      const isBlocked = keepingOut(placed.claim, before.filter(passesForAlive)).length > 0;
      placed.room = isBlocked ? "blocked" : "dead";
    }
    this.#queues.set(placed.name, [...before, placed]);
    this.#placed.set(placed.place, placed);
  }

  /** All writes above a revision are lost. */
  lost(above: number): void {
    for (const place of this.#placed.keys()) if (place > above) this.#placed.delete(place);
    for (const [name, queue] of this.#queues) this.#queues.set(name, queue.filter(({ place }) => place <= above));
  }

  /** The bucket is gone. */
  clear(): void {
    this.#placed.clear();
    this.#queues.clear();
    for (const session of this.sessions.keys()) this.former.add(session);
    this.sessions.clear();
  }
}
