/**
 * How candidates reach the bucket: on the memory store, or by the shipped NATS adapter on a simulated JetStream.
 *
 * @module
 */

import type { Clock } from "../../src/base/clock.ts";
import type { StoreRequest } from "../../src/memory/memory_link.ts";
import type { KeyState, LeaseRecord } from "../../src/store/record.ts";
import type { LeaseStore } from "../../src/store/store.ts";

/** The bucket, as the simulator sees and changes it. */
export interface SimBucket {
  /** Identity of its stream, as the candidates see it. */
  readonly epoch: string;
  /** What is wrong with a message that a candidate stored; `null` if nothing is. */
  readonly problem: string | null;
  /** True once a replica that was behind showed an old state: that is no fault, and not linearizable. */
  readonly misled: boolean;
  /** What is stored under a key now. */
  look(key: string): KeyState;
  /** Stores something without a condition; `ttl` in milliseconds. */
  put(key: string, content: LeaseRecord | "mark" | "foreign", ttl?: number | null): void;
  deleteBucket(): void;
  recreateBucket(): void;
  /** Loses all writes after a revision. */
  rollBack(revision: number): void;
  /** Gives a candidate its access. */
  access(line: Line): Access;
}

/** What stands between a candidate and the bucket. */
export interface Line {
  /** The clock of the candidate's process. */
  readonly clock: Clock;
  /** Carries a request to the server, and its answer back. */
  carry<Outcome>(request: StoreRequest<Outcome>, answers: Answers<Outcome>): Promise<Outcome>;
  /** Carries a pushed change to the process: now, later, twice or not at all. */
  push(push: Push): void;
  /** Runs something in the candidate's process, as soon as that runs. */
  deliver(callback: () => void): void;
  /** A round trip to the server and back, with nothing else; never resolves while the line is cut. */
  ping(): Promise<void>;
}

/** A change on its way to one candidate. */
export interface Push {
  readonly keyState: KeyState | null;
  /** The key that changed; absent if the bucket has only one. */
  readonly key?: string;
  send(): void;
}

/** Answers that do not come from the bucket, in the form in which the candidate gets answers. */
export interface Answers<Outcome> {
  /** A read that found this. */
  seen(keyState: KeyState): Outcome;
  /** A write that was refused: the key is at `current`; `null` = another write is in flight. */
  conflict(current: number | null): Outcome;
}

/** One candidate's access. */
export interface Access<Store extends LeaseStore = LeaseStore> {
  /** What its Locker gets. */
  readonly store: Store;
  /** Watches and subscriptions that are open: 0 when nothing was left behind. */
  readonly watches: number;
  /** Inboxes that are listened to and that no consumer of the server sends to. */
  readonly unfed: readonly string[];
  /** Pushed changes may have been missed: the connection is back. */
  gap(): void;
  /** Pushes a change that did not happen, or happened long ago. */
  tell(keyState: KeyState, key?: string): void;
  /** The connection is closed for good. */
  close(): void;
}
