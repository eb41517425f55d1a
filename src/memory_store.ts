/**
 * A bucket of leases in memory, with the answers that a NATS server would give.
 *
 * @module
 */

import type { Clock } from "./clock.ts";
import { ConnectionError } from "./errors.ts";
import type { LeaseRecord, Sighting } from "./record.ts";
import type { Hint, LeaseStore, ReadOutcome, RemoveRequest, StoreTerms, WriteOutcome, WriteRequest } from "./store.ts";

/** How the bucket behaves; all times are milliseconds. */
export interface MemoryStoreOptions {
  /** Default: `"memory"`. */
  readonly name?: string;
  /** How long the bucket keeps a record; `null` = for ever. */
  readonly ttl: number | null;
  /** Whether a record may carry a lease length of its own. Default: true. */
  readonly perKeyTtl?: boolean;
  /** How late the server removes what has run out, never early. Default: 0. */
  readonly lag?: () => number;
  /** With 3, a refusal in the same instant as another write does not say where the key stands. Default: 1. */
  readonly replicas?: 1 | 3;
  /** Stands between the bucket and a watcher: calls `deliver` now, later, more than once or not at all. */
  readonly push?: (hint: Hint, deliver: () => void) => void;
  /** Stands between caller and bucket: may delay or drop a request or its answer. Default: performs at once. */
  readonly intercept?: Intercept;
}

/** Performs a request now, later, or not at all; what it returns is the answer. */
export type Intercept = <Outcome>(request: StoreRequest<Outcome>) => Promise<Outcome>;

/** A request on its way. */
export interface StoreRequest<Outcome> {
  /** What is asked for. */
  readonly kind: "read" | "write" | "remove" | "terms";
  /** The key; empty for `terms`. */
  readonly key: string;
  /** Carries it out in the bucket and returns the answer. */
  perform(): Outcome;
  /** The answer of a request that was not answered in time. */
  timeout(): Outcome;
}

interface Message {
  readonly revision: number;
  readonly record: LeaseRecord | null;
  readonly at: number;
  readonly goneAt: number;
}

/** How long the mark of a release stays, as a server keeps it. */
const MARKER_TTL = 1000;

/** A {@linkcode LeaseStore} whose time is the given clock's. Share one among the Lockers of a test. */
export class MemoryStore implements LeaseStore {
  /** Name of the bucket. */
  readonly name: string;
  readonly #clock: Clock;
  readonly #options: MemoryStoreOptions;
  readonly #messages = new Map<string, Message>();
  readonly #watchers = new Map<string, Set<(hint: Hint) => void>>();
  #sequence = 0;
  #epoch = 1;
  #missing = false;

  /** Makes an empty bucket. */
  constructor(clock: Clock, options: MemoryStoreOptions) {
    this.name = options.name ?? "memory";
    this.#clock = clock;
    this.#options = options;
  }

  /** What the bucket is like. */
  terms(_options?: { readonly fresh?: boolean }): Promise<StoreTerms> {
    const { ttl, perKeyTtl = true } = this.#options;
    return this.#pass("terms", "", {
      perform: () => {
        if (this.#missing) throw this.#gone();
        const markerTtl = perKeyTtl ? MARKER_TTL : ttl ?? Infinity;
        return { epoch: `memory-${this.#epoch}`, ttl, perKeyTtl, markerTtl };
      },
      timeout: () => {
        throw late();
      },
    });
  }

  /** Looks at a key. */
  read(key: string): Promise<ReadOutcome> {
    return this.#pass("read", key, {
      perform: () => this.#missing ? this.#failed() : { kind: "seen", sighting: this.look(key) },
      timeout: () => ({ kind: "failed", error: late() }),
    });
  }

  /** Writes a record if the key stands at the expected revision. */
  write(key: string, request: WriteRequest): Promise<WriteOutcome> {
    const { ttl: bucketTtl } = this.#options;
    const ttl = Math.min(request.ttl ?? Infinity, bucketTtl ?? Infinity);
    return this.#put("write", key, { expected: request.expected, record: request.record, ttl });
  }

  /** Puts the mark of a release if the key stands at the expected revision. */
  remove(key: string, request: RemoveRequest): Promise<WriteOutcome> {
    const { ttl: bucketTtl, perKeyTtl = true } = this.#options;
    const ttl = Math.min(perKeyTtl ? MARKER_TTL : Infinity, bucketTtl ?? Infinity);
    return this.#put("remove", key, { expected: request.expected, record: null, ttl });
  }

  /** Tells of changes of a key; expiry is not announced. */
  watch(key: string, listener: (hint: Hint) => void): () => void {
    const watchers = this.#watchers.get(key) ?? new Set();
    this.#watchers.set(key, watchers.add(listener));
    return () => watchers.delete(listener);
  }

  /** How many watches are open: 0 when nothing was left behind. */
  get watches(): number {
    return [...this.#watchers.values()].reduce((sum, { size }) => sum + size, 0);
  }

  /** Tells all watchers that changes may have been missed. */
  gap(): void {
    for (const key of this.#watchers.keys()) this.#push(key, { kind: "gap" });
  }

  /** What stands under a key now, seen from inside the bucket: for a test's assertions. */
  look(key: string): Sighting {
    const message = this.#current(key);
    if (message === null) return { kind: "vacant", revision: 0 };
    const { revision, record } = message;
    return record === null ? { kind: "vacant", revision } : { kind: "held", revision, record };
  }

  /** Deletes the bucket, as an administrator might. */
  deleteBucket(): void {
    this.#missing = true;
    this.#messages.clear();
  }

  /** Makes the bucket again: revisions begin anew, in another epoch. */
  recreateBucket(): void {
    this.#missing = false;
    this.#messages.clear();
    this.#sequence = 0;
    this.#epoch++;
  }

  #put(
    kind: "write" | "remove",
    key: string,
    put: { expected: number; record: LeaseRecord | null; ttl: number },
  ): Promise<WriteOutcome> {
    return this.#pass<WriteOutcome>(kind, key, {
      perform: () => this.#missing ? this.#failed() : this.#apply(key, put),
      timeout: () => ({ kind: "unknown", error: late() }),
    });
  }

  #apply(
    key: string,
    put: { expected: number; record: LeaseRecord | null; ttl: number },
  ): WriteOutcome {
    const now = this.#clock.now();
    const current = this.#current(key);
    if ((current?.revision ?? 0) !== put.expected) {
      const inFlight = this.#options.replicas === 3 && current?.at === now;
      return { kind: "conflict", current: inFlight ? null : current?.revision ?? 0 };
    }
    const revision = ++this.#sequence;
    const goneAt = now + put.ttl + (this.#options.lag?.() ?? 0);
    this.#messages.set(key, { revision, record: put.record, at: now, goneAt });
    this.#push(key, { kind: "seen", sighting: this.look(key) });
    return { kind: "applied", revision };
  }

  #push(key: string, hint: Hint): void {
    const push = this.#options.push ?? ((_hint: Hint, deliver: () => void) => queueMicrotask(deliver));
    for (const watcher of this.#watchers.get(key) ?? []) {
      push(hint, () => this.#watchers.get(key)?.has(watcher) && watcher(hint));
    }
  }

  #current(key: string): Message | null {
    const message = this.#messages.get(key);
    if (message === undefined) return null;
    if (this.#clock.now() < message.goneAt) return message;
    this.#messages.delete(key);
    return null;
  }

  #failed(): { kind: "failed"; error: ConnectionError } {
    return { kind: "failed", error: this.#gone() };
  }

  #gone(): ConnectionError {
    return new ConnectionError("bucket_missing", `Cannot use bucket "${this.name}": it does not exist`);
  }

  async #pass<Outcome>(
    kind: StoreRequest<Outcome>["kind"],
    key: string,
    ways: { perform(): Outcome; timeout(): Outcome },
  ): Promise<Outcome> {
    const { intercept } = this.#options;
    if (intercept) return await intercept({ kind, key, ...ways });
    await Promise.resolve();
    return ways.perform();
  }
}

function late(): ConnectionError {
  return new ConnectionError("timeout", "Cannot tell how the request ended: no answer in time");
}
