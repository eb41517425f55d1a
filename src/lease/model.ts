/** The words of the lease's state machine: phases, events, effects. No decision is taken here. */

import type { LossReason, NatslockError } from "../base/errors.ts";
import type { KeyState } from "../store/record.ts";

/** What is constant over a step. Times are milliseconds. */
export interface LeaseRules {
  /** The candidate's UUID. */
  readonly id: string;
  /** Prefix of the nonces of this candidate's grants, unlike that of any other. */
  readonly instance: string;
  /** Lease length. */
  readonly ttl: number;
  /** How much earlier than the server the holder considers its lease over. */
  readonly margin: number;
  /** How long the mark of a release stays. */
  readonly markerTtl: number;
}

/** What the last look at the key updateMemory. */
export interface LastSeen {
  /** Revision the key stood at. */
  readonly revision: number;
  /** True if a write may be put on it without a further look: vacant, never seen, or our own old record. */
  readonly takeable: boolean;
  /** When what was seen has run out, so that the key stands at 0 again. */
  readonly until: number;
}

/** What is known across holds. */
export interface Memory {
  /** The stream that the revisions belong to. */
  readonly epoch: string;
  /** Highest revision seen in this epoch: an answer below it is stale. */
  readonly high: number;
  /** The last look at the key. */
  readonly lastSeen: LastSeen;
  /** Grants asked for so far: makes nonces unique. */
  readonly grants: number;
  /** True if something ended as a bucket made anew would end it, and nobody has asked since what the stream is. */
  readonly suspect: boolean;
  /** When it was last known that the stream is still this one. */
  readonly checkedAt: number;
  /** The requests since the last pause. */
  readonly burst: Burst;
}

/** Requests that followed each other without a pause. */
export interface Burst {
  readonly requests: number;
  /** What the latest of them failed with; `null` if none did. */
  readonly error: NatslockError | null;
}

/** No burst yet. */
export const NO_BURST: Burst = { requests: 0, error: null };

/** How a hold, or the try for one, ended. */
export type Ending =
  /** `token` is that of the hold; `null` if there was none. */
  | { readonly kind: "released"; readonly token: number | null }
  /** The mark of release could not be confirmed; the record runs out by itself. */
  | { readonly kind: "abandoned"; readonly error: NatslockError }
  | { readonly kind: "refused"; readonly by: KeyState }
  /** A grant came too late to be worth anything, or in another stream than the one known, and was taken back. */
  | { readonly kind: "withdrawn" }
  | { readonly kind: "lost"; readonly why: LossReason; readonly error: NatslockError | null }
  | { readonly kind: "failed"; readonly error: NatslockError };

/** What every phase knows: the request in flight. */
interface Busy {
  readonly busy: "write" | "read" | "remove" | null;
}

/** Neither holding nor trying. `busy` is then a request of the last hold that has not been answered yet. */
export interface Idle extends Busy {
  readonly at: "idle";
  /** How the last one ended; `null` before the first. */
  readonly end: Ending | null;
}

/** Wants a grant. */
export interface Seeking extends Busy {
  readonly at: "seeking";
  /** Nonce of the latest write. */
  readonly attempt: string;
  /** Revision that it was, or is to be, put on. */
  readonly expected: number;
  /** When it left; `null` if none has. */
  readonly sentAt: number | null;
  /** True while a write put on `expected` may still land, or one of ours stands there. */
  readonly doubt: boolean;
  readonly since: number;
}

/** Holding, as long as `now < validUntil`. */
export interface Held extends Busy {
  readonly at: "held";
  readonly attempt: string;
  /** Revision of the grant: the fencing token. */
  readonly token: number;
  /** Our latest write known to stand. */
  readonly revision: number;
  /** From here on the lease is over, whatever is in flight. */
  readonly validUntil: number;
  /** When the latest renewal left. */
  readonly sentAt: number;
  /** When the latest write left of which it is known that the stream was still the same. */
  readonly checkedAt: number;
  /** When the earliest renewal left that is not known to stand; `null` if all do. */
  readonly doubt: number | null;
  /** What the last renewal failed with. */
  readonly trouble: NatslockError | null;
  readonly since: number;
}

/** Taking back what was written. The lease is over already. */
export interface Leaving extends Busy {
  readonly at: "leaving";
  /** What is taken back: what this machine wrote, or any record of our id, of an earlier life too. */
  readonly of: "machine" | "id";
  /** Revision that the removal is put on; `null` = look first. */
  readonly target: number | null;
  /** True if it was refused there, or that was known long ago: look before the next. */
  readonly refused: boolean;
  /** What has to be undone: nothing known, a record that stands, or a write that may have landed or may land yet. */
  readonly stake: "none" | "stands" | "doubt";
  /** When all of it has run out by itself. */
  readonly until: number;
  /** How it will have ended. */
  readonly end: Ending;
}

/** Where it stands. */
export type Phase = Idle | Seeking | Held | Leaving;

/** The whole state: what is known, and what is being done. */
export type LeaseState = { readonly memory: Memory; readonly phase: Phase };

/** What happens to it. Answers carry the epoch that the store knew. */
export type LeaseEvent =
  /** Somebody wants the lock; `since` is the wall clock, `checkedAt` when the stream was last seen to be `epoch`. */
  | { readonly on: "start"; readonly since: number; readonly epoch: string; readonly checkedAt: number }
  /** A renewal is due, or was asked for. */
  | { readonly on: "renew" }
  /** Somebody saw another record than ours, or none: does ours stand? */
  | { readonly on: "check" }
  /** Time passed, or somebody looks: is the lease over? */
  | { readonly on: "tick" }
  /** Nobody wants the lock any more. */
  | { readonly on: "leave" }
  /** A pause is over. */
  | { readonly on: "retry" }
  /** A watch showed this. It decides nothing. */
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
    /** True if the store was asked for this request which stream it is. */
    readonly fresh?: boolean;
  };

/** What the machine wants done. At most one request is in flight; `fresh` = first ask whether it is the same stream. */
export type Effect =
  /** Put our record under the key; `token` is `null` on a grant, whose revision becomes the token. */
  | (
    & { readonly act: "write"; readonly expected: number; readonly token: number | null; readonly fresh: boolean }
    & Pick<Held, "attempt" | "since">
  )
  /** Look at the key. */
  | { readonly act: "read"; readonly fresh: boolean }
  | { readonly act: "remove"; readonly expected: number; readonly fresh: boolean }
  /** Wait, then `retry`: a short jittered moment for contention, about `retryEvery` after a burst or for trouble. */
  | { readonly act: "pause"; readonly why: "contention" | "burst" }
  | { readonly act: "pause"; readonly why: "trouble"; readonly error: NatslockError };

/** The next state and what is to be done. */
export type Step = { readonly state: LeaseState; readonly effects: readonly Effect[] };

/** One step that was taken, for those who tell of it. */
export interface Transition {
  readonly before: LeaseState;
  readonly event: LeaseEvent;
  readonly after: LeaseState;
  readonly effects: readonly Effect[];
}

/** What every phase's decision is given; `epochChanged` if this answer shows another stream than the one before. */
export type StepContext = {
  readonly memory: Memory;
  readonly now: number;
  readonly rules: LeaseRules;
  readonly epochChanged: boolean;
};
