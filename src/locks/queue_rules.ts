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

/** Reports whether a ticket blocks a later one on its own, whatever else stands in the queue. */
export function conflicts(before: Claim, own: Claim): boolean {
  return before.mode === "exclusive" || own.mode === "exclusive";
}

/** Returns what the tickets before a request mean for it. `before` is in the order of the queue. */
export function verdictOf<T extends Claim>(before: readonly T[], own: Claim): Verdict<T> {
  if (own.mode === "shared") {
    const other = before.find(({ mode, limit }) => mode === "shared" && limit !== own.limit);
    if (other !== undefined) return { kind: "mismatch", by: [other] };
  }
  const nearest = before.findLast((each) => conflicts(each, own));
  if (nearest !== undefined) return { kind: "blocked", by: [nearest] };
  const by = tooHeavy(before, own);
  return by.length === 0 ? { kind: "room", by: [] } : { kind: "blocked", by };
}

/**
 * Returns the nearest tickets that leave no room under the limit by themselves; none if there is room. Fewer than all
 * are enough: as long as these stand, the request may not hold. So the end of an earlier one wakes only those requests
 * that it can let in.
 */
function tooHeavy<T extends Claim>(before: readonly T[], { limit, weight }: Claim): readonly T[] {
  let sum = weight;
  for (let first = before.length - 1; first >= 0; first--) {
    sum += before[first]?.weight ?? 0;
    if (sum > (limit ?? Infinity)) return before.slice(first);
  }
  return [];
}

/** Returns the error of a request whose limit differs from that of an earlier request for the same lock. */
export function limitError(name: string, { limit }: Claim, other: Claim): BadParameterError {
  const wanted = `${other.limit ?? "absent"}, as in an earlier request for the lock ${show(name)} that still stands`;
  return badParameter("limit", wanted, limit ?? undefined);
}
