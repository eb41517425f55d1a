/** The vocabulary of the lease's state machine: phases, events and effects. Nothing is decided here. */

import type { LossReason, NatslockError } from "../base/errors.ts";
import type { KeyState } from "../store/record.ts";

/** Values that are constant during a step. Times are milliseconds. */
export interface LeaseRules {
  /** The candidate's UUID. */
  readonly id: string;
  /** Prefix of the nonces of this candidate's grants. No other candidate has the same prefix. */
  readonly instance: string;
  /** Lease length. */
  readonly ttl: number;
  /** How much earlier than the server the holder considers its lease over. */
  readonly margin: number;
  /** How long the server keeps a release marker. */
  readonly markerTtl: number;
}

/** What the last read of the key found, or the last answered write left there. */
export interface LastSeen {
  /** Revision of the key. */
  readonly revision: number;
  /** True if a write may expect this revision without another read: vacant, never seen, or our own old record. */
  readonly takeable: boolean;
  /** When what was seen has expired. The key is then at revision 0 again. */
  readonly until: number;
}

/** What the machine keeps from one hold to the next. */
export interface Memory {
  /** Epoch of the stream that the revisions belong to. */
  readonly epoch: string;
  /** Highest revision seen in this epoch. An answer with a lower one is stale. */
  readonly high: number;
  /** What the key was last known to be. */
  readonly lastSeen: LastSeen;
  /** Grants asked for so far: makes nonces unique. */
  readonly grants: number;
  /** True if a hold or try ended in a way that a re-created bucket explains, and the stream was not checked since. */
  readonly suspect: boolean;
  /** When the stream was last known to have this epoch. */
  readonly checkedAt: number;
  /** The requests sent since the last pause. */
  readonly burst: Burst;
}

/** Requests that were sent one after another without a pause. */
export interface Burst {
  readonly requests: number;
  /** Error of the latest request that failed; `null` if none failed. */
  readonly error: NatslockError | null;
}

/** No requests yet. */
export const NO_BURST: Burst = { requests: 0, error: null };

/** How a hold, or an attempt to get one, ended. */
export type Ending =
  /** Released, or cancelled. `token` is the token of the hold; `null` if there was no hold. */
  | { readonly kind: "released"; readonly token: number | null }
  /** The removal could not be confirmed. A record that is still stored expires by itself. */
  | { readonly kind: "abandoned"; readonly error: NatslockError }
  /** A read found another holder's record, or a foreign value. */
  | { readonly kind: "refused"; readonly by: KeyState }
  /** The grant was unusable and was removed: its lease was over, or its revision is not above all seen. */
  | { readonly kind: "withdrawn" }
  | { readonly kind: "lost"; readonly why: LossReason; readonly error: NatslockError | null }
  | { readonly kind: "failed"; readonly error: NatslockError };

/** What every phase knows: which request is in flight. */
interface Busy {
  readonly busy: "write" | "read" | "remove" | null;
}

/** Not holding and not trying. `busy` is a request of the last hold that is not answered yet. */
export interface Idle extends Busy {
  readonly at: "idle";
  /** How the last hold or try ended; `null` before the first. */
  readonly end: Ending | null;
}

/** Trying to get a grant. */
export interface Seeking extends Busy {
  readonly at: "seeking";
  /** Nonce of the latest write; empty before the first. */
  readonly attempt: string;
  /** Revision that the latest write expects, or that the first one will expect. */
  readonly expected: number;
  /** When the latest write was sent; `null` if none was. */
  readonly sentAt: number | null;
  /** True while a write that expects `expected` may be stored now or later, or a record of ours has that revision. */
  readonly doubt: boolean;
  /** When the try began, by the wall clock: for people. */
  readonly since: number;
}

/** Holding, as long as `now < validUntil`. */
export interface Held extends Busy {
  readonly at: "held";
  /** Nonce of the grant. Each renewal carries it too. */
  readonly attempt: string;
  /** Revision of the grant: the fencing token. */
  readonly token: number;
  /** Revision of our latest write that is known to be stored. */
  readonly revision: number;
  /** End of the lease. From then on it is over, even if a renewal is in flight. */
  readonly validUntil: number;
  /** When the grant or the latest renewal was sent. */
  readonly sentAt: number;
  /** When the stream was last known to be the same: the send time of the latest renewal that checked it. */
  readonly checkedAt: number;
  /** Send time of the earliest renewal that is not known to be stored; `null` if there is none. */
  readonly doubt: number | null;
  /** Latest error since the last confirmed renewal; `null` if there was none. */
  readonly trouble: NatslockError | null;
  /** When the hold began, by the wall clock: for people. */
  readonly since: number;
}

/** Removing what was written. The lease is already over. */
export interface Leaving extends Busy {
  readonly at: "leaving";
  /** What is removed: only what this machine wrote, or any record with our id, also from an earlier process. */
  readonly of: "machine" | "id";
  /** Revision that the removal expects; `null` = read first. */
  readonly target: number | null;
  /** True if the key refused a request that expects `target`: read before the next removal. */
  readonly refused: boolean;
  /** What has to be removed: nothing known, a stored record, or a write that may be stored now or later. */
  readonly stake: "none" | "stored" | "doubt";
  /** When all of it has expired by itself. */
  readonly until: number;
  /** The ending to report when the removal is done. */
  readonly end: Ending;
}

/** What the machine is doing. */
export type Phase = Idle | Seeking | Held | Leaving;

/** The whole state: what is known, and the current phase. */
export type LeaseState = { readonly memory: Memory; readonly phase: Phase };

/** What happens to the machine. An answer carries the epoch that the store knew when the request was sent. */
export type LeaseEvent =
  /** The lock is wanted. `since`: the wall clock. `checkedAt`: when the stream was last seen to have `epoch`. */
  | { readonly on: "start"; readonly since: number; readonly epoch: string; readonly checkedAt: number }
  /** A renewal is due, or a caller asked for one. */
  | { readonly on: "renew" }
  /** A caller read the key and did not find our record. Is it still stored? */
  | { readonly on: "check" }
  /** Time has passed, or a caller reads the state. Is the lease over? */
  | { readonly on: "tick" }
  /** The lock is not wanted any more. */
  | { readonly on: "leave" }
  /** A pause is over. */
  | { readonly on: "retry" }
  /** A watch pushed this key state. A hint decides nothing. */
  | { readonly on: "hint"; readonly keyState: KeyState }
  | Answer;

/** How the request in flight ended. */
export type Answer =
  & (
    | { readonly on: "applied"; readonly revision: number }
    | { readonly on: "conflict"; readonly current: number | null }
    | { readonly on: "unknown" | "failed"; readonly error: NatslockError }
    | { readonly on: "seen"; readonly keyState: KeyState }
  )
  & {
    readonly epoch: string;
    /**
     * When the stream was checked, if this request checked it: it read the bucket's settings again before it was sent.
     * The time at which it asked for them: the bucket can be re-created before their answer comes.
     */
    readonly checkedAt?: number;
  };

/** What the machine wants done. At most one request is in flight. `fresh` = check first that the stream is the same. */
export type Effect =
  /** Write our record under the key. `token` is `null` on a grant: the revision of the grant becomes the token. */
  | (
    & { readonly act: "write"; readonly expected: number; readonly token: number | null; readonly fresh: boolean }
    & Pick<Held, "attempt" | "since">
  )
  /** Read the key. */
  | { readonly act: "read"; readonly fresh: boolean }
  /** Write a release marker under the key. */
  | { readonly act: "remove"; readonly expected: number; readonly fresh: boolean }
  /** Wait, then post `retry`. Short and jittered for contention; about `retryEvery` after a burst or an error. */
  | { readonly act: "pause"; readonly why: "contention" | "burst" }
  | { readonly act: "pause"; readonly why: "trouble"; readonly error: NatslockError };

/** The next state, and what has to be done. */
export type Step = { readonly state: LeaseState; readonly effects: readonly Effect[] };

/** One step that was taken, for events and traces. */
export interface Transition {
  readonly before: LeaseState;
  readonly event: LeaseEvent;
  readonly after: LeaseState;
  readonly effects: readonly Effect[];
}

/** What each phase's decision is given. `epochChanged`: this answer shows another stream than the one known before. */
export type StepContext = {
  readonly memory: Memory;
  readonly now: number;
  readonly rules: LeaseRules;
  readonly epochChanged: boolean;
};
