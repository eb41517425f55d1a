/**
 * The interface of a store with queues: what many locks need of a bucket.
 *
 * It keeps tickets in the order of their revisions, tells when messages under a filter change, and reads all messages
 * under a filter. It makes no decision: the folder `locks` decides.
 */

import type { NatslockError } from "../base/errors.ts";
import type { KeyState } from "./record.ts";
import type { Hint, LeaseStore, RemoveRequest, WriteOutcome } from "./store.ts";
import type { Ticket } from "./ticket.ts";

/** Options of a conditional write of a ticket. */
export interface AppendRequest extends RemoveRequest {
  /** The ticket to write. */
  readonly ticket: Ticket;
  /** How long the bucket keeps the ticket, in milliseconds, a multiple of 1,000. */
  readonly ttl: number;
}

/** One message that a scan found: a ticket, the record of a session, or a marker of a removal. */
export interface StoredEntry {
  /** Key of the message. */
  readonly key: string;
  /** Revision of the message: the place of a ticket. */
  readonly revision: number;
  /** When the server stored the message: milliseconds since the Unix epoch by the server's clock. */
  readonly storedAt: number;
  /** `vacant` for a marker, `held` for a ticket or a record of a session, else `foreign`. */
  readonly keyState: KeyState;
  /** The ticket; `null` if the message is none, or cannot be read as one. */
  readonly ticket: Ticket | null;
}

/** Options of a scan. */
export interface ScanRequest {
  /** Lowest revision to read, 1 or more. */
  readonly from: number;
  /** The scan may stop after this revision. Default: reads to the end. */
  readonly upTo?: number | undefined;
  /** The longest wait for each answer, in milliseconds. */
  readonly timeout: number;
  /**
   * True to read from the stream leader, one message per request. Default: false, which reads from any replica. A
   * replica can be behind: it may lack the newest messages, and may still have removed ones.
   */
  readonly leader?: boolean | undefined;
}

/** How a scan ended. It never returns a part of what it was asked for: an incomplete answer is a failure. */
export type ScanOutcome =
  /** All messages from `from` to `upTo`, or to the end, in the order of their revisions. */
  | { readonly kind: "seen"; readonly entries: readonly StoredEntry[] }
  | { readonly kind: "failed"; readonly error: NatslockError };

/** A pushed change of a key under a filter, or a statement about pushes. Pushes decide nothing, as hints do. */
export type Push = (Extract<Hint, { kind: "seen" }> & { readonly key: string }) | Exclude<Hint, { kind: "seen" }>;

/** The tickets and sessions of one bucket. Reads and writes return their outcomes as values. */
export interface TicketStore extends LeaseStore {
  /** Writes a ticket if the key is at the expected revision. */
  append(key: string, request: AppendRequest): Promise<WriteOutcome>;
  /**
   * Reads all messages under a filter: a key, or a key with the wildcards of NATS subjects. Messages that expired may
   * be missing at one replica and present at another.
   */
  scan(filter: string, request: ScanRequest): Promise<ScanOutcome>;
  /**
   * Pushes changes of all keys under a filter to `listener` until the returned function is called. The same as
   * `watch()` for a key, but the pushes name their key.
   */
  follow(filter: string, listener: (push: Push) => void): () => void;
}
