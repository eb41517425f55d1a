/** The vocabulary of the state machine of a ticket: states, events and effects. Nothing is decided here. */

import type { NatslockError } from "../base/errors.ts";
import type { KeyState } from "../store/record.ts";

/** How the life of a ticket ended. */
export type TicketEnd =
  /**
   * Nothing of it is stored, or it will be removed by others or expire. `marker`: revision of its release marker, if it
   * is known. `error` tells why the ticket could not be removed.
   */
  | { readonly why: "left"; readonly marker: number | null; readonly error: NatslockError | null }
  /** Another removed it. */
  | { readonly why: "removed"; readonly error: null }
  /** It could not be written, and waiting does not help. */
  | { readonly why: "failed"; readonly error: NatslockError }
  /**
   * The write was made impossible by a marker that stays for an hour. Another slot has to be used. `error`: why another
   * write would fail, too; `null` if it may succeed.
   */
  | { readonly why: "fenced"; readonly error: NatslockError | null };

/** The write that a ticket waits for, or waited for. */
export interface TicketWrite {
  /** Revision of the key that the write expects. */
  readonly expected: number;
  /** Number of the write, which makes its nonce unique. */
  readonly attempt: number;
  /** When the write was sent. */
  readonly sentAt: number;
  /** True if the ticket is not wanted any more: what is stored has to be removed. */
  readonly unwanted: boolean;
}

/** The state of a ticket. */
export type TicketState =
  /** The write was sent. `busy` is false during a pause. */
  | { readonly at: "writing"; readonly busy: boolean } & TicketWrite
  /**
   * The outcome of the write is unknown. `busy`: what was sent to find out. `recheck` is a read after a refused fence.
   * `error`: why another write would fail, too; `null` if it may succeed.
   */
  | {
    readonly at: "doubtful";
    readonly busy: "read" | "fence" | "recheck" | null;
    readonly error: NatslockError | null;
  } & TicketWrite
  /** It is stored at `place`. */
  | { readonly at: "queued" | "held"; readonly place: number; readonly attempt: number; readonly sentAt: number }
  /** Its removal was sent. `inDoubt`: an earlier removal had no answer, so it may be stored without a push. */
  | { readonly at: "leaving"; readonly place: number; readonly inDoubt: boolean }
  | { readonly at: "gone"; readonly end: TicketEnd };

/** What happens to a ticket. */
export type TicketEvent =
  /** An answer to a write or a removal. */
  | { readonly on: "applied"; readonly revision: number }
  | { readonly on: "conflict"; readonly current: number | null }
  | { readonly on: "unknown" | "failed"; readonly error: NatslockError }
  /** An answer to a read. `isOwn`: it shows the latest write of this ticket. */
  | { readonly on: "seen"; readonly keyState: KeyState; readonly isOwn: boolean }
  /** A pause is over. */
  | { readonly on: "retry" }
  /** The queue has room. */
  | { readonly on: "granted" }
  /** The request does not want it any more. */
  | { readonly on: "leave" }
  /** It is proven that another removed it. */
  | { readonly on: "removed" };

/** What has to be done. At most one request of a ticket is in flight. */
export type TicketEffect =
  | { readonly act: "write"; readonly expected: number; readonly attempt: number }
  | { readonly act: "read" }
  | { readonly act: "remove"; readonly expected: number; readonly markerTtl?: number }
  | { readonly act: "pause"; readonly why: "contention" | "trouble"; readonly error: NatslockError | null };

/** The next state, and what has to be done. */
export interface TicketStep {
  readonly state: TicketState;
  readonly effects: readonly TicketEffect[];
}
