/** The few things that a lease asks of a store. No NATS here: policy above, storage below. */

import { BucketConfigError, type BucketProblem, type NatslockError } from "../base/errors.ts";
import type { KeyState, LeaseRecord } from "./record.ts";

/** What a store is like; read once and kept, read again when there is a sign that it changed. */
export interface BucketSettings {
  /** Identity of the stream behind the bucket (its creation time): revisions compare only within one epoch. */
  readonly epoch: string;
  /** How long the bucket keeps a record, in milliseconds; `null` if it keeps records for ever. */
  readonly ttl: number | null;
  /** True if a record may carry a lease length of its own. */
  readonly perKeyTtl: boolean;
  /** How long the mark of a release stays under the key, in milliseconds. */
  readonly markerTtl: number;
  /** Version of the server that said so, for messages; missing where there is none. */
  readonly server?: string;
  /** How long ago they were read, in milliseconds; missing where they cannot change. */
  readonly age?: () => number;
  /** The settings that matter to locks, as the server spells them, so that a change can be told; missing where there are none. */
  readonly config?: Readonly<Record<string, unknown>>;
  /** Which setting leaves no room for a record of `size` bytes and its renewals; `null` if none. Missing: all fit. */
  readonly lack?: (key: string, size: number) => BucketProblem | null;
}

/** @throws {BucketConfigError} if there is no room for a record of `size` bytes and its renewals under the key */
export function requireRoom({ lack }: BucketSettings, key: string, size: number): void {
  const problem = lack?.(key, size);
  if (problem) throw new BucketConfigError(problem);
}

/** How a conditional write ended. */
export type WriteOutcome =
  /** Stored; `revision` is that of the new message. */
  | { readonly kind: "applied"; readonly revision: number }
  /** Not stored: the key stands at `current`, 0 = no message; `null` = at whatever a write in flight makes of it. */
  | { readonly kind: "conflict"; readonly current: number | null }
  /** No answer: it may be stored, or may be stored yet. */
  | { readonly kind: "unknown"; readonly error: NatslockError }
  /** Certainly not stored, for another reason. */
  | { readonly kind: "failed"; readonly error: NatslockError };

/** How a look at a key ended. */
export type ReadOutcome =
  | {
    readonly kind: "seen";
    readonly keyState: KeyState;
    /** How long the record has stood, in milliseconds by the store's own clock; missing if unknown or not asked for. */
    readonly age?: number | undefined;
  }
  | { readonly kind: "failed"; readonly error: NatslockError };

/** What a watch tells. */
export type Hint =
  /** The key was seen to change to this. */
  | { readonly kind: "seen"; readonly keyState: KeyState }
  /** Changes may have been missed, as after a reconnect: look. */
  | { readonly kind: "gap" }
  /** The connection is down: nothing will be told until it is up again, which is told as a gap. */
  | { readonly kind: "down"; readonly error: NatslockError }
  /** Nothing will be told, since a right is lacking. */
  | { readonly kind: "denied"; readonly error: NatslockError };

/** A look at a key. */
export interface ReadRequest {
  /** The longest wait for one answer, in milliseconds. */
  readonly timeout: number;
  /** True to ask as well how long the record has stood: one more message on NATS. Default: false. */
  readonly aged?: boolean | undefined;
}

/** A conditional removal. */
export interface RemoveRequest {
  /** Revision that the key must stand at; 0 = no message. */
  readonly expected: number;
  /** The longest wait for the answer, in milliseconds. */
  readonly timeout: number;
}

/** A conditional write of a record. */
export interface WriteRequest extends RemoveRequest {
  /** What to write. */
  readonly record: LeaseRecord;
  /** Lease length of its own in milliseconds, whole seconds; `null` = the bucket's. */
  readonly ttl: number | null;
}

/** How the settings of a bucket are asked for. */
export interface SettingsRequest {
  /** True to ask though they are known. */
  readonly fresh?: boolean | undefined;
  /** The longest wait for the answer, in milliseconds. Default: the store's own, long enough for a bucket just made. */
  readonly timeout?: number | undefined;
}

/** One bucket of leases. Outcomes are values: only `settings()` rejects. */
export interface LeaseStore {
  /** Name of the bucket. */
  readonly name: string;
  /**
   * What the bucket is like. Costs no message once read, unless `fresh` is asked for or it was found missing. Rejects
   * with a `ConnectionError` or `BucketConfigError`.
   */
  settings(request?: SettingsRequest): Promise<BucketSettings>;
  /** Looks at a key, as the store's leader has it. */
  read(key: string, request: ReadRequest): Promise<ReadOutcome>;
  /** Writes a record if the key stands at the expected revision. */
  write(key: string, request: WriteRequest): Promise<WriteOutcome>;
  /** Puts the mark of a release if the key stands at the expected revision. */
  remove(key: string, request: RemoveRequest): Promise<WriteOutcome>;
  /** Tells of changes until the returned function is called. Hints decide nothing: they may be late, twice, lost, forged. */
  watch(key: string, listener: (hint: Hint) => void): () => void;
}

/** What a look showed; throws what it failed with. */
export function seenOrThrow(outcome: ReadOutcome): KeyState {
  if (outcome.kind === "failed") throw outcome.error;
  return outcome.keyState;
}
