/** One lock as the page knows it, and how it changes. Pure. Times are milliseconds by the server's clock. */

import { type Leadership, leadershipOf } from "../../../src/lease/leadership.ts";
import type { Ticket } from "../../../src/store/ticket.ts";
import type { Change } from "./change.ts";
import { begun, ended, type Ending, type Tenure } from "./tenure.ts";

/** A lock. */
export interface Lock {
  readonly key: string;
  /** Revision of the latest record seen; 0 if there is none. */
  readonly revision: number;
  /** The holder according to that record, even if its lease is over. `ttl` is 0 if it is not stated. */
  readonly leader: Leadership | null;
  /** True if the value under the key is not a holder's UUID. */
  readonly foreign: boolean;
  /** When the latest record was stored. */
  readonly storedAt: number;
  /** When the latest record expires; `null` if there is none, or its lease length is unknown. */
  readonly end: number | null;
  /** Oldest first. */
  readonly tenures: readonly Tenure[];
  /** How many holds began since the page was opened. */
  readonly transitions: number;
  /** False from the loss of the connection until the record is seen again. */
  readonly confirmed: boolean;
  /** The request that the latest record is, in a bucket for queues; `null` if it is none, or cannot be read. */
  readonly ticket: Ticket | null;
}

/** The phase of a lock; `stale` if it is unknown, `overdue` if the lease is over and its end is not confirmed. */
export type Phase = "held" | "vacant" | "overdue" | "foreign" | "stale";

/** A record may be missing only on a replica that lags: so nothing is concluded until it is this old, in ms. */
const COPY_LAG = 5000;

/** Returns the phase of a lock at a time. */
export function phaseOf(lock: Lock, now: number): Phase {
  if (!lock.confirmed) return "stale";
  if (lock.leader === null) return "vacant";
  if (lock.end !== null && now >= lock.end) return "overdue";
  return lock.foreign ? "foreign" : "held";
}

/** Returns the lock after a record was seen; `bucketTtl`: lease length if the record states none, 0 if unknown. */
export function afterChange(lock: Lock | undefined, change: Change, bucketTtl: number): Lock {
  const { key, keyState, at } = change;
  // The same record again confirms the lock. An older record comes late and is ignored.
  // If revisions go back while time goes on, the bucket was re-created.
  if (lock && keyState.revision <= lock.revision && at <= lock.storedAt) {
    const same = keyState.revision === lock.revision && lock.leader !== null;
    return same && !lock.confirmed ? { ...lock, confirmed: true } : lock;
  }
  const leader = leadershipOf(keyState, bucketTtl);
  const renews = leader !== null && lock?.leader?.token === leader.token && lock.tenures.at(-1)?.to === null;
  const before = lock?.tenures ?? [];
  const closed = renews ? before : ended(before, ...endOf(lock, change));
  return {
    key,
    revision: keyState.revision,
    leader,
    foreign: keyState.kind === "foreign",
    storedAt: at,
    end: leader && leader.ttl > 0 ? at + leader.ttl : null,
    tenures: leader === null || renews ? closed : begun(closed, tenureOf(leader, change)),
    transitions: (lock?.transitions ?? 0) + (leader !== null && !renews && isNew(lock, change) ? 1 : 0),
    confirmed: true,
    ticket: change.ticket ?? null,
  };
}

/** Returns the lock after a read that began when it was at `revision`, and found nothing at `now`. */
export function afterNothing(lock: Lock, revision: number, now: number): Lock {
  if (lock.revision !== revision) return lock;
  if (lock.leader === null) return lock.confirmed ? lock : { ...lock, confirmed: true };
  const isOver = lock.end !== null && now >= lock.end;
  if (!isOver && now - lock.storedAt < COPY_LAG) return lock;
  const to = isOver ? lock.end ?? now : now;
  const known: Ending = isOver || lock.end === null ? "expired" : "removed";
  const tenures = ended(lock.tenures, to, lock.confirmed ? known : "unseen");
  return { ...lock, leader: null, foreign: false, end: null, tenures, confirmed: true };
}

/** Returns the lock after the connection was lost: it may have changed since. */
export function unconfirmed(lock: Lock): Lock {
  return lock.confirmed ? { ...lock, confirmed: false } : lock;
}

function tenureOf({ token, holder, name, revision, since }: Leadership, { at }: Change): Tenure {
  const sawBegin = token === revision;
  // The holder states when the hold began, by its own clock. It is never taken as later than the record.
  const from = sawBegin ? at : Math.min(since ?? at, at);
  return { token, holder, name: name || holder, from, sawBegin, to: null, ending: null };
}

/** A hold that the page finds when it opens is not a transition. */
function isNew(lock: Lock | undefined, { previous }: Change): boolean {
  return lock !== undefined || previous === 0;
}

function endOf(lock: Lock | undefined, { keyState, at, previous }: Change): readonly [to: number, ending: Ending] {
  const end = lock?.end ?? null;
  const isNext = previous === lock?.revision;
  // While the page received nothing, or between two reads, the lock may have been renewed and released.
  const isWhole = lock?.confirmed === true && (isNext || previous === 0 || previous === null);
  if (!isWhole) return [Math.min(end ?? at, at), "unseen"];
  if (end !== null && at >= end) return [end, "expired"];
  if (keyState.kind === "vacant") return [at, "released"];
  if (isNext) return [at, "overtaken"];
  return [at, previous === 0 ? "removed" : "unseen"];
}
