/**
 * The interface of a store: the storage of lock records.
 *
 * A store reads, conditionally writes and watches the records of one bucket. It makes no decision about leases: the
 * layers above decide. Nothing here depends on NATS, so the same decisions run on a NATS bucket and on one in memory.
 */

import { BucketConfigError, type BucketProblem, type NatslockError } from "../base/errors.ts";
import type { KeyState, LeaseRecord } from "./record.ts";

/**
 * The bucket's settings as far as locks depend on them. They are read once and kept, and read again when there is a
 * sign that the bucket changed.
 */
export interface BucketSettings {
  /**
   * Identity of the bucket's stream: its creation time. Revisions and tokens compare only within one epoch. Empty while
   * the settings are assumed, because a client that only observes may not read them.
   */
  readonly epoch: string;
  /** How long the bucket keeps a record, in milliseconds; `null` if it keeps records forever. */
  readonly ttl: number | null;
  /** True if a record may have its own lease length. */
  readonly perKeyTtl: boolean;
  /** How long a release marker stays under the key, in milliseconds. */
  readonly markerTtl: number;
  /** Version of the server that reported the settings, for error messages. Absent if there is no server. */
  readonly server?: string;
  /** Returns how long ago the settings were read, in milliseconds. Absent if they cannot change. */
  readonly age?: () => number;
  /** The raw config that matters to locks, by the server's names: used to report changes. Absent if there is none. */
  readonly config?: Readonly<Record<string, unknown>>;
  /**
   * Returns the setting that leaves no room for a record of `size` bytes and its renewals; `null` if there is room.
   * Absent if every record fits.
   */
  readonly lack?: (key: string, size: number) => BucketProblem | null;
  /**
   * Returns the setting that makes the bucket unfit for queues of tickets that are kept for `maxHold` milliseconds;
   * `null` if it is fit. Absent if every bucket of the store is fit.
   */
  readonly unfitForQueues?: (maxHold: number) => BucketProblem | null;
}

/**
 * Checks that the bucket has room for a record.
 *
 * @throws {BucketConfigError} if there is no room for a record of `size` bytes and its renewals under the key
 */
export function requireRoom({ lack }: BucketSettings, key: string, size: number): void {
  const problem = lack?.(key, size);
  if (problem) throw new BucketConfigError(problem);
}

/** How a conditional write ended. */
export type WriteOutcome =
  /** Stored; `revision` is the one of the new message. */
  | { readonly kind: "applied"; readonly revision: number }
  /**
   * Not stored: the key is at revision `current` (0 = no message). `null` if another write to the key is in flight, so
   * that its revision is not known yet.
   */
  | { readonly kind: "conflict"; readonly current: number | null }
  /** In doubt: no answer came. The write may be stored, or may still be stored later. */
  | { readonly kind: "unknown"; readonly error: NatslockError }
  /** Certainly not stored, for another reason than a conflict. */
  | { readonly kind: "failed"; readonly error: NatslockError };

/** How a read of a key ended. */
export type ReadOutcome =
  | {
    readonly kind: "seen";
    readonly keyState: KeyState;
    /** Age of the message in milliseconds, by the store's own clock. Absent if unknown or not requested. */
    readonly age?: number | undefined;
  }
  | { readonly kind: "failed"; readonly error: NatslockError };

/** A pushed change of a key, or a statement about pushes. Hints decide nothing. */
export type Hint =
  /** The key changed to this state. */
  | { readonly kind: "seen"; readonly keyState: KeyState }
  /** Pushed changes may have been missed, for example after a reconnect: read the key. */
  | { readonly kind: "gap" }
  /** The connection is down. Nothing is pushed until it is up again; a gap is reported then. */
  | { readonly kind: "down"; readonly error: NatslockError }
  /** Nothing will be pushed, because the user lacks a permission. */
  | { readonly kind: "denied"; readonly error: NatslockError };

/** Options of a read of a key. */
export interface ReadRequest {
  /** The longest wait for each answer, in milliseconds. */
  readonly timeout: number;
  /** True to also request the age of the message, which costs one more request on NATS. Default: false. */
  readonly aged?: boolean | undefined;
}

/** Options of a conditional removal. */
export interface RemoveRequest {
  /** Revision that the key must be at; 0 = no message. */
  readonly expected: number;
  /** The longest wait for the answer, in milliseconds. */
  readonly timeout: number;
  /**
   * How long the marker of a removal stays under the key, in milliseconds, a multiple of 1,000. Default: the
   * `markerTtl` of the settings.
   */
  readonly markerTtl?: number | undefined;
}

/** Options of a conditional write of a record. */
export interface WriteRequest extends RemoveRequest {
  /** The record to write. */
  readonly record: LeaseRecord;
  /** The record's own lease length in milliseconds, a multiple of 1,000; `null` = the bucket's. */
  readonly ttl: number | null;
}

/** Options of a read of the bucket's settings. */
export interface SettingsRequest {
  /** True to request them even if they are known. Default: false. */
  readonly fresh?: boolean | undefined;
  /**
   * The longest wait for the answer, in milliseconds. Default: the store's own limit, which is long enough for a bucket
   * that was just created.
   */
  readonly timeout?: number | undefined;
}

/** State of a store's connection: `down` comes back by itself, `closed` does not. */
export type ConnectionState = "open" | "down" | "closed";

/** The lock records of one bucket. Reads and writes return their outcomes as values: only `settings()` rejects. */
export interface LeaseStore {
  /** Name of the bucket. */
  readonly name: string;
  /**
   * Returns the bucket's settings. Sends no request once they are known, unless `fresh` is set or the bucket was found
   * missing.
   *
   * @throws {ConnectionError} if the bucket is missing, or NATS is unreachable or refuses
   * @throws {BucketConfigError} if the bucket is unfit for locks
   */
  settings(request?: SettingsRequest): Promise<BucketSettings>;
  /**
   * Reads a key from the stream leader. On NATS, a client that only observes and has no permission for this reads from
   * any replica.
   */
  read(key: string, request: ReadRequest): Promise<ReadOutcome>;
  /** Writes a record if the key is at the expected revision. */
  write(key: string, request: WriteRequest): Promise<WriteOutcome>;
  /** Writes a release marker if the key is at the expected revision. */
  remove(key: string, request: RemoveRequest): Promise<WriteOutcome>;
  /**
   * Pushes changes of a key to `listener` until the returned function is called. Hints decide nothing: they can be
   * late, repeated, lost or forged.
   */
  watch(key: string, listener: (hint: Hint) => void): () => void;
  /** Returns the state of the connection, as its client sees it. `null` or absent if that is not known. Sends nothing. */
  readonly connection?: () => ConnectionState | null;
}

/**
 * Returns the key state that a read found.
 *
 * @throws {NatslockError} the error of a failed read
 */
export function keyStateOf(outcome: ReadOutcome): KeyState {
  if (outcome.kind === "failed") throw outcome.error;
  return outcome.keyState;
}
