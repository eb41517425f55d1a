/** What happens to a candidate, as one tagged union. */

import type { LossReason, NatslockError } from "../base/errors.ts";
import type { Leadership } from "./leadership.ts";

/** What a {@linkcode LockEvent} is about. */
export interface LockEventAbout {
  /** Key of the lock. */
  readonly key: string;
  /** UUID of this candidate. */
  readonly id: string;
}

/** What an event about a hold says besides. */
export interface HoldEventAbout extends LockEventAbout {
  /** Fencing token of the hold. */
  readonly token: number;
  /** How long it has been held, in milliseconds. */
  readonly age: number;
}

/** Settings that changed, by the server's names. */
export type SettingChanges = { readonly [setting: string]: { readonly before: unknown; readonly after: unknown } };

/** One thing that happened; `type` says which. `remaining` is what is left of the lease, in milliseconds. */
export type LockEvent =
  /** The lock was granted to this candidate. Paired with one `released` or `lost`. */
  | { readonly type: "acquired" } & HoldEventAbout
  /** A renewal was confirmed in time. */
  | { readonly type: "renewed"; readonly remaining: number } & HoldEventAbout
  /** A renewal failed or its outcome is unknown; it is tried again while the lease lasts. */
  | { readonly type: "renewal_failed"; readonly remaining: number; readonly error: NatslockError } & HoldEventAbout
  /** Renewals have failed and less than half of what one gives is left: wind the work up. Once per failure streak. */
  | { readonly type: "at_risk"; readonly remaining: number } & HoldEventAbout
  /** The holder gave it back. */
  | { readonly type: "released" } & HoldEventAbout
  /** It is no longer held though nobody gave it back. */
  | { readonly type: "lost"; readonly why: LossReason } & HoldEventAbout
  /** What was to be taken back could not be; it runs out by itself. */
  | { readonly type: "release_failed"; readonly error: NatslockError } & LockEventAbout
  /** A wait began, for a lock that another holds. */
  | { readonly type: "waiting"; readonly holder: string } & LockEventAbout
  /** A wait or an observer met trouble, and tries again each `retryEvery`. Once per failure streak. */
  | { readonly type: "retrying"; readonly error: NatslockError } & LockEventAbout
  /** A wait or an observer that was retrying gets answers again. Once per failure streak. */
  | { readonly type: "recovered" } & LockEventAbout
  /** Somebody changed the bucket's settings while this candidate used it; `error` if locks are not safe in it any more. */
  | { readonly type: "bucket_changed"; readonly changes: SettingChanges; readonly error: NatslockError | null }
    & LockEventAbout
  /** An observer saw this. */
  | { readonly type: "observed"; readonly leader: Leadership | null } & LockEventAbout;

/** Told of each event, at once. What it throws, or the promise that it returns rejects with, goes to the log. */
export type EventListener = (event: LockEvent) => unknown;
