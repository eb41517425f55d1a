/** One request in the queue of one lock, under one session. */

import type { NatslockError } from "../base/errors.ts";
import { type LockHold, stolenError } from "./lock_hold.ts";
import type { Claim } from "./queue_rules.ts";
import type { TicketKeeper } from "./ticket_keeper.ts";
import type { TicketEnd } from "./ticket_model.ts";

/** What is requested. */
export interface Want {
  /** Name of the lock. */
  readonly name: string;
  readonly claim: Claim;
  /** When the request was made: milliseconds since the Unix epoch. */
  readonly since: number;
  /** True to give up if there is no room now. */
  readonly once: boolean;
  /** True to remove all tickets before the own one. */
  readonly steal: boolean;
  /** Ends the wait. */
  readonly signal: AbortSignal;
  /** Called when its ticket is stored. */
  readonly stored: () => void;
  /** Called when its ticket is gone, and it needs a new one. */
  readonly again: () => void;
  /** Called when it begins to wait, at most for a lease length, until it is known whether `session` in front is dead. */
  readonly asks: (session: string) => void;
  /** Called with an error that is waited out. A request that tries only once rejects with it. */
  readonly troubled: (error: NatslockError) => void;
}

/** How a request left the queue. */
export type Entered =
  | { readonly kind: "granted"; readonly hold: LockHold }
  /** There is no room now. */
  | { readonly kind: "refused" }
  /** Its ticket is gone: the session was lost, or another removed the ticket of a waiter. It needs a new one. */
  | { readonly kind: "again" };

/** A request that waits in a queue. */
export class QueuedRequest {
  readonly want: Want;
  readonly entered: Promise<Entered>;
  keeper!: TicketKeeper;
  /** A ticket that was written for this stands at a higher place, if the stream is still that of the session. */
  floor = 0;
  /** The granted lock; `null` before the grant. */
  hold: LockHold | null = null;
  /** True once it was reported that the request waits. */
  isReported = false;
  /** True if the next look has to begin at the first ticket of the queue. */
  needsAll: boolean;
  /** True until the tickets before it were removed. */
  steals: boolean;
  #resolve!: (entered: Entered) => void;
  #reject!: (error: unknown) => void;
  readonly #callbacks: (() => void)[] = [];
  #isOver = false;

  constructor(want: Want) {
    this.want = want;
    this.needsAll = want.once || want.steal;
    this.steals = want.steal;
    this.entered = new Promise((resolve, reject) => [this.#resolve, this.#reject] = [resolve, reject]);
  }

  /** Place in the queue; `null` if no ticket is stored. */
  get place(): number | null {
    return this.keeper.place;
  }

  /** True once it was granted, refused or ended. */
  get isOver(): boolean {
    return this.#isOver;
  }

  /** Calls `callback` when the wait ends, at once if it has ended. */
  onOver(callback: () => void): void {
    if (this.#isOver) callback();
    else this.#callbacks.push(callback);
  }

  /** Ends the wait with a result. */
  leave(entered: Entered): void {
    if (entered.kind === "again" && !this.#isOver) this.want.again();
    this.#resolve(entered);
    this.#end();
  }

  /** Ends the wait with an error. */
  fail(error: unknown): void {
    this.#reject(error);
    this.#end();
  }

  /** The ticket is gone before a grant. `isSessionOver`: by the clock. Others may then remove it without a theft. */
  ticketGone({ why, error }: TicketEnd, isSessionOver: boolean): void {
    if (error !== null && why !== "left") this.fail(error);
    // A browser grants a thief at once, so a thief that is robbed has held the lock. If it queued again, it would rob the
    // other thief in turn, and both would go on without end.
    else if (why === "removed" && this.want.steal && !isSessionOver) this.fail(stolenError(this.want.name));
    else this.leave({ kind: "again" });
  }

  #end(): void {
    this.#isOver = true;
    for (const callback of this.#callbacks.splice(0)) callback();
  }
}

/**
 * Returns the place at which a look for requests that are due has to begin, `floor` at the earliest. An own ticket that
 * waits before a request and conflicts with it blocks the request for certain, so nothing before that ticket matters.
 * `waiting` is in the order of places.
 */
export function startOf(due: readonly QueuedRequest[], waiting: Iterable<QueuedRequest>, floor: number): number {
  if (due.some(({ needsAll }) => needsAll)) return floor;
  const left = new Set(due);
  let [start, nearest, exclusive] = [Infinity, floor, floor];
  for (const request of waiting) {
    const isExclusive = request.want.claim.mode === "exclusive";
    if (left.delete(request)) start = Math.min(start, isExclusive ? nearest : exclusive);
    if (left.size === 0) break;
    nearest = Math.max(floor, request.place ?? 0);
    if (isExclusive) exclusive = nearest;
  }
  return start;
}

/** Place of a request whose ticket is stored. */
export const placeOf = ({ place }: QueuedRequest): number => place ?? 0;

/** Compares two requests by their places. */
export const byPlace = (one: QueuedRequest, other: QueuedRequest): number => placeOf(one) - placeOf(other);
