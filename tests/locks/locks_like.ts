/**
 * What the scenarios need of an implementation: the methods of `navigator.locks`.
 *
 * @module
 */

import type { LockMode } from "../../src/store/ticket.ts";

/** The lock that a callback receives. */
export interface LockLike {
  readonly name: string;
  readonly mode: LockMode;
  /** The fencing token, if the implementation has tokens. */
  readonly token?: number | undefined;
}

/** Options of a request: those of Web Locks and the extensions `limit`, `weight` and `timeout`. */
export interface RequestOptions {
  readonly mode?: LockMode | undefined;
  readonly ifAvailable?: boolean | undefined;
  readonly steal?: boolean | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly limit?: number | undefined;
  readonly weight?: number | undefined;
  readonly timeout?: number | undefined;
}

/** One lock or request in the result of a query. All fields are optional, as in the types of the platform. */
export interface QueriedLock {
  readonly name?: string | undefined;
  readonly mode?: LockMode | undefined;
  readonly clientId?: string | undefined;
}

/** The result of a query. */
export interface Snapshot {
  readonly held?: readonly QueriedLock[] | undefined;
  readonly pending?: readonly QueriedLock[] | undefined;
}

/** What a callback receives: a lock, a list of locks for a list of names, or `null` if `ifAvailable` got none. */
export type Granted = LockLike | readonly LockLike[] | null;

/**
 * An implementation of Web Locks. The types of the arguments are open, because some scenarios pass wrong ones:
 * `request(name, callback)` or `request(name, options, callback)`, with one name or a list of names.
 */
export interface LocksLike {
  request(...args: readonly unknown[]): Promise<unknown>;
  query(): Promise<Snapshot>;
}
