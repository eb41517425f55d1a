/** What `natslock run` and `natslock hold` need of a candidate. A `Locker` is one, and so is a `QueueCandidate`. */

import type { Leadership, WaitOptions } from "@x/natslock";

/** What is held while a command runs: a lease, or one lock or more in queues. */
export interface Held {
  /** Key of the lock; the first of several. */
  readonly key: string;
  /** Fencing token of the lock; that of the first of several. */
  readonly token: number;
  /** The fencing tokens of several locks, in the order of their keys. Absent if there is one lock. */
  readonly tokens?: readonly number[];
  /** Identity of the bucket's stream. */
  readonly epoch: string;
  /** Aborts when the lock, or one of several, is not held any more. */
  readonly signal: AbortSignal;
  /** True while all is held, by the clock. */
  readonly held: boolean;
  /** Milliseconds until the first of it ends unless it is renewed. */
  readonly remaining: number;
}

/** Work that is done while the lock is held. */
export type Work<Result> = (held: Held) => Promise<Result>;

/** Takes the lock, or all of several locks. */
export interface Candidate {
  /** ID that others see of the holder. */
  readonly id: string;
  /** Returns the lease length in milliseconds. */
  ttl(): Promise<number>;
  /** Returns who holds the lock now. */
  leader(): Promise<Pick<Leadership, "name" | "holder" | "since"> | null>;
  /** Waits for the lock, does the work, and releases the lock. */
  run<Result>(work: Work<Result>, options: WaitOptions): Promise<Result>;
  /** Takes the lock if it is free; else returns `null`. */
  tryAcquire(): Promise<Held & { release(): Promise<void> } | null>;
  /** Releases what is held, and ends all waits. */
  close(): Promise<void>;
}
