/** The events of a candidate, as one tagged union. */

import type { LossReason, NatslockError } from "../base/errors.ts";
import type { Leadership } from "./leadership.ts";

/** Fields of every {@linkcode LockEvent}. */
export interface LockEventAbout {
  /** Key of the lock; with a LockManager its name, or the key of the session. */
  readonly key: string;
  /** UUID of this candidate; with a LockManager that of the session. */
  readonly id: string;
}

/** Additional fields of the events about a hold. */
export interface HoldEventAbout extends LockEventAbout {
  /** Fencing token of the hold. */
  readonly token: number;
  /** Time since the grant, in milliseconds. */
  readonly age: number;
}

/** Settings of a bucket that changed, by the server's names. */
export type SettingChanges = { readonly [setting: string]: { readonly before: unknown; readonly after: unknown } };

/** One event of a candidate; `type` tells which. `remaining` is the time until the lease ends, in milliseconds. */
export type LockEvent =
  /** The lock was granted to this candidate. Exactly one `released` or `lost` follows. */
  | { readonly type: "acquired" } & HoldEventAbout
  /** A renewal was confirmed in time. */
  | { readonly type: "renewed"; readonly remaining: number } & HoldEventAbout
  /** A renewal failed, or its outcome is unknown. It is tried again until the lease ends. */
  | { readonly type: "renewal_failed"; readonly remaining: number; readonly error: NatslockError } & HoldEventAbout
  /**
   * Renewals failed and the lease is about to end: at most half of the time that a renewal gives is left. Finish the
   * work or stop it. Once per streak of failures.
   */
  | { readonly type: "at_risk"; readonly remaining: number } & HoldEventAbout
  /**
   * The lease is held for as long as `maxHold`, or longer. Once per hold. With `onStuck: "release"`, `lease.signal`
   * aborts next.
   */
  | { readonly type: "stuck"; readonly maxHold: number } & HoldEventAbout
  /** The holder released the lock. */
  | { readonly type: "released" } & HoldEventAbout
  /** The lease ended although the holder did not release it; `why` tells the reason. Stop the work. */
  | { readonly type: "lost"; readonly why: LossReason } & HoldEventAbout
  /** The removal of a record failed or could not be confirmed. What is still stored expires by itself. */
  | { readonly type: "release_failed"; readonly error: NatslockError } & LockEventAbout
  /** A wait began because `holder` holds the lock; empty if the key has a foreign value. */
  | { readonly type: "waiting"; readonly holder: string } & LockEventAbout
  /** A wait or an observer met a transient error, and tries again every `retryEvery`. Once per streak of failures. */
  | { readonly type: "retrying"; readonly error: NatslockError } & LockEventAbout
  /** A wait or an observer that was retrying gets answers again. Once per streak of failures. */
  | { readonly type: "recovered" } & LockEventAbout
  /**
   * The bucket's settings changed during use. `error` tells why locks are not safe in it any more; `null` if they are.
   */
  | { readonly type: "bucket_changed"; readonly changes: SettingChanges; readonly error: NatslockError | null }
    & LockEventAbout
  /** An observer saw who leads. `leader` is `null` if nobody does. */
  | { readonly type: "observed"; readonly leader: Leadership | null } & LockEventAbout;

/** Called with each event at once. What it throws, or its promise rejects with, goes to the log. */
export type EventListener = (event: LockEvent) => unknown;
