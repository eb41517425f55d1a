/**
 * One request of a user, as the judge follows it.
 *
 * @module
 */

import type { Lock } from "../../../src/locks/lock.ts";
import type { LockManager } from "../../../src/locks/lock_manager.ts";
import type { Wish } from "./climate.ts";
import type { LocksNode } from "./locks_node.ts";

/** A request, from its call until its promise has settled. */
export interface Ask {
  /** Its number: what its tickets tell as the time of the request. */
  readonly id: number;
  readonly node: LocksNode;
  /** The lock manager that it was made by. Its process may have closed that one since, and opened another. */
  readonly manager: LockManager;
  readonly wish: Wish;
  /** When it was made, in true time. */
  readonly madeAt: number;
  /** Number of its tickets that were stored. */
  tickets: number;
  /** True until it got its locks, or its promise has settled. */
  waits: boolean;
  /** True once its promise has settled, and what it got was released. */
  ended: boolean;
  /** True once its user lets go of its locks. */
  leaves: boolean;
  /** True once its user wanted it to end. */
  givenUp: boolean;
}

/** Returns a name for the trace. */
export function shown({ id, node, wish }: Ask): string {
  const { names, mode, limit, weight, ifAvailable, steal, timeout } = wish;
  const share = limit === null ? "" : ` ${weight}/${limit}`;
  const flags = [ifAvailable && "ifAvailable", steal && "steal", timeout !== null && `timeout ${timeout}`];
  return `${node.name}#${id} ${JSON.stringify(names)} ${mode}${share} ${flags.filter(Boolean).join(" ")}`.trimEnd();
}

/** A user's belief that it holds one lock. */
export interface Belief {
  readonly ask: Ask;
  readonly lock: Lock;
  /** When it got the lock, in true time. */
  readonly since: number;
  /** How often the bucket had been created before. */
  readonly era: number;
  /** True if it looks only at the signal, which timers abort. */
  readonly passive: boolean;
}
