/**
 * The rules of a queue: who may hold, and whose end a blocked request waits for.
 *
 * The order of a queue is the order of its tickets. Every ticket that stands before another counts, whether it holds or
 * waits, so no request passes an earlier one that it conflicts with.
 */

import { badParameter, type BadParameterError, show } from "../base/errors.ts";
import type { LockMode } from "../store/ticket.ts";

/** What a request asks for. */
export interface Claim {
  readonly mode: LockMode;
  /** The most weight that may hold a shared lock at once; `null` = no limit. */
  readonly limit: number | null;
  readonly weight: number;
}

/** What the queue before a request means for it. */
export type Verdict<T extends Claim> =
  /** It may hold. */
  | { readonly kind: "room"; readonly by: readonly [] }
  /** It may not hold as long as all of these stand. Once one of them is gone, it has to look again. */
  | { readonly kind: "blocked"; readonly by: readonly T[] }
  /** A shared ticket before it has another limit, so nobody can tell which of them applies. */
  | { readonly kind: "mismatch"; readonly by: readonly [T] };

/** The claim of a ticket that cannot be read: it blocks as an exclusive one does. */
export const UNREADABLE: Claim = { mode: "exclusive", limit: null, weight: 1 };

/**
 * The tickets at the front of a queue, in their order. Tells what they mean for a request behind them, in a time that
 * does not grow with their number: a process can have thousands of requests in one queue.
 */
export class QueueFront<T extends Claim> {
  readonly #tickets: T[] = [];
  #weight = 0;
  /** The nearest exclusive ticket. */
  #exclusive: T | undefined;
  /** The first shared ticket. */
  #shared: T | undefined;
  /** The first shared ticket with another limit than that of the first one. */
  #other: T | undefined;

  /** The tickets so far. */
  get tickets(): readonly T[] {
    return this.#tickets;
  }

  /** Adds the next ticket. */
  add(ticket: T): void {
    this.#tickets.push(ticket);
    this.#weight += ticket.weight;
    if (ticket.mode === "exclusive") this.#exclusive = ticket;
    else if (this.#shared === undefined) this.#shared = ticket;
    else if (ticket.limit !== this.#shared.limit) this.#other ??= ticket;
  }

  /** Returns what the tickets so far mean for a request. */
  verdict(own: Claim): Verdict<T> {
    const other = this.#shared?.limit === own.limit ? this.#other : this.#shared;
    if (own.mode === "shared" && other !== undefined) return { kind: "mismatch", by: [other] };
    const nearest = own.mode === "exclusive" ? this.#tickets.at(-1) : this.#exclusive;
    if (nearest !== undefined) return { kind: "blocked", by: [nearest] };
    const by = this.#tooHeavy(own);
    return by.length === 0 ? { kind: "room", by: [] } : { kind: "blocked", by };
  }

  /**
   * Returns the nearest tickets that leave no room under the limit by themselves; none if there is room. Fewer than all
   * are enough: as long as these stand, the request may not hold. So the end of an earlier one wakes only those requests
   * that it can let in.
   */
  #tooHeavy({ limit, weight }: Claim): readonly T[] {
    const isTooHeavy = (sum: number) => sum > (limit ?? Infinity);
    if (!isTooHeavy(this.#weight + weight)) return [];
    let [first, sum] = [this.#tickets.length, weight];
    while (first > 0 && !isTooHeavy(sum)) sum += this.#tickets[--first]?.weight ?? 0;
    return this.#tickets.slice(first);
  }
}

/** Returns the error of a request whose limit differs from that of an earlier request for the same lock. */
export function limitError(name: string, { limit }: Claim, other: Claim): BadParameterError {
  const wanted = `${other.limit ?? "absent"}, as in an earlier request for the lock ${show(name)} that still stands`;
  return badParameter("limit", wanted, limit ?? undefined);
}
