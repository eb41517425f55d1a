/** One lock as the page knows it, and how that changes: pure. Times are milliseconds by the server's clock. */

import { type Leadership, leadershipOf } from "../../../src/lease/leadership.ts";
import type { Change } from "./change.ts";
import { begun, ended, type Ending, type Tenure } from "./tenure.ts";

/** A lock. */
export interface Lock {
  readonly key: string;
  /** Revision of the latest record seen; 0 if there is none. */
  readonly revision: number;
  /** Who holds it by that record, whether or not its time is up. `ttl` is 0 if nobody says it. */
  readonly leader: Leadership | null;
  /** True if the value under the key is no holder's UUID. */
  readonly foreign: boolean;
  /** When the latest record was stored. */
  readonly storedAt: number;
  /** When the latest record runs out; `null` if there is none, or its lease length is unknown. */
  readonly end: number | null;
  /** Oldest first. */
  readonly tenures: readonly Tenure[];
  /** How many times another hold began while the page looked. */
  readonly transitions: number;
  /** False from a lost connection until the record is seen again. */
  readonly confirmed: boolean;
}

/** What a lock is now; `stale` if that cannot be known, `overdue` if its time is up and its end is not confirmed. */
export type Phase = "held" | "vacant" | "overdue" | "foreign" | "stale";

/** A record found missing may be one that a copy of the bucket has not got yet: for so long it is not believed. */
const COPY_LAG = 5000;

/** What a lock is at a moment. */
export function phaseOf(lock: Lock, now: number): Phase {
  if (!lock.confirmed) return "stale";
  if (lock.leader === null) return "vacant";
  if (lock.end !== null && now >= lock.end) return "overdue";
  return lock.foreign ? "foreign" : "held";
}

/** The lock after a record was seen; `bucketTtl`: lease length where the record does not say it, 0 if unknown. */
export function afterChange(lock: Lock | undefined, change: Change, bucketTtl: number): Lock {
  const { key, keyState, at } = change;
  // What was there already is confirmed by being found; what is older is an echo.
  // Revisions that go back while time goes on are those of a bucket made anew.
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
  };
}

/** The lock after a look that began when it stood at `revision` and found nothing at `now`. */
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

/** The lock when the connection is lost: it may have changed since. */
export function unconfirmed(lock: Lock): Lock {
  return lock.confirmed ? { ...lock, confirmed: false } : lock;
}

function tenureOf({ token, holder, name, revision, since }: Leadership, { at }: Change): Tenure {
  const sawBegin = token === revision;
  // The holder's own word for when it began, kept within reason: its clock is not the server's.
  const from = sawBegin ? at : Math.min(since ?? at, at);
  return { token, holder, name: name || holder, from, sawBegin, to: null, ending: null };
}

/** A hold that the page finds when it opens is no transition. */
function isNew(lock: Lock | undefined, { previous }: Change): boolean {
  return lock !== undefined || previous === 0;
}

function endOf(lock: Lock | undefined, { keyState, at, previous }: Change): readonly [to: number, ending: Ending] {
  const end = lock?.end ?? null;
  const isNext = previous === lock?.revision;
  // While nobody listened, or between two looks, it may have been renewed and given back.
  const isWhole = lock?.confirmed === true && (isNext || previous === 0 || previous === null);
  if (!isWhole) return [Math.min(end ?? at, at), "unseen"];
  if (end !== null && at >= end) return [end, "expired"];
  if (keyState.kind === "vacant") return [at, "released"];
  if (isNext) return [at, "overtaken"];
  return [at, previous === 0 ? "removed" : "unseen"];
}
