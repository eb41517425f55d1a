/** A bucket of lock records and tickets in memory, for tests. It answers like a NATS server. */

import type { Clock } from "../base/clock.ts";
import { ConnectionError, type NatslockError } from "../base/errors.ts";
import { CachedRequest } from "../base/cached_request.ts";
import { type Draft, draftOf, MemoryBucket } from "./memory_bucket.ts";
import type { Intercept, LinkOptions, StoreRequest } from "./memory_link.ts";
import { MemoryWatch } from "./memory_watch.ts";
import { filterOf } from "../store/filter.ts";
import type { KeyState, LeaseRecord } from "../store/record.ts";
import type {
  BucketSettings,
  Hint,
  ReadOutcome,
  ReadRequest,
  RemoveRequest,
  SettingsRequest,
  WriteOutcome,
  WriteRequest,
} from "../store/store.ts";
import type { AppendRequest, Push, ScanOutcome, ScanRequest, TicketStore } from "../store/ticket_store.ts";

/** Options of a bucket in memory. All times are milliseconds. */
export interface MemoryStoreOptions extends LinkOptions {
  /** Name of the bucket. Default: `"memory"`. */
  readonly name?: string;
  /** How long the bucket keeps a record; `null` = forever. */
  readonly ttl: number | null;
  /** True if a record may have its own lease length. Default: true. */
  readonly perKeyTtl?: boolean;
  /** Returns how late the server removes an expired message, 0 or more. Default: 0. */
  readonly lag?: () => number;
  /** With 3, a conflict at the same time as another write does not report the key's revision. Default: 1. */
  readonly replicas?: 1 | 3;
}

type Edit = Omit<WriteRequest, "record"> & Omit<Draft, "kept">;

/** How long a release marker stays, in milliseconds, as on a NATS server. */
const MARK_TTL = 1000;

/** A {@linkcode TicketStore} that runs on the given clock. Lockers can share one, or use several links to one bucket. */
export class MemoryStore implements TicketStore {
  /** Name of the bucket. */
  readonly name: string;
  readonly #clock: Clock;
  readonly #options: MemoryStoreOptions;
  readonly #bucket: MemoryBucket;
  readonly #watch = new MemoryWatch();
  readonly #known = new CachedRequest<BucketSettings>();

  /** Creates an empty bucket, or another link to the bucket of `other`. */
  constructor(clock: Clock, options: MemoryStoreOptions, other?: MemoryStore) {
    this.name = options.name ?? "memory";
    this.#clock = clock;
    this.#options = options;
    this.#bucket = other ? other.#bucket : new MemoryBucket(clock);
    this.#bucket.remembers ||= options.replica !== undefined;
    const pass: LinkOptions["push"] = options.push ?? ((_, deliver) => queueMicrotask(deliver));
    this.#bucket.links.add((push) => this.#watch.push(push, pass));
  }

  /** Returns another link to the same bucket, with its own network: a test can cut off one Locker of several. */
  link(network: LinkOptions): MemoryStore {
    const { intercept: _, push: __, replica: ___, ...options } = this.#options;
    return new MemoryStore(this.#clock, { ...options, ...network }, this);
  }

  /**
   * Returns the bucket's settings. As on NATS, requests them once, again for `fresh` or after the bucket was missing.
   * @throws {ConnectionError} if the bucket is missing or the request times out
   */
  settings({ fresh, timeout = 2 * MARK_TTL }: SettingsRequest = {}): Promise<BucketSettings> {
    const { ttl, perKeyTtl = true } = this.#options;
    const markerTtl = perKeyTtl ? MARK_TTL : ttl ?? Infinity;
    const perform = () => {
      const readAt = this.#clock.now();
      return {
        epoch: `memory-${this.#bucket.epoch}`,
        ttl,
        perKeyTtl,
        markerTtl,
        age: () => this.#clock.now() - readAt,
      };
    };
    const request = { kind: "settings", key: "", within: timeout } as const;
    const ask = () => this.#pass<BucketSettings>({ ...request, perform, fail, timeout: () => fail(late()) });
    return this.#known.get(ask, fresh);
  }

  /** Reads a key. */
  read(key: string, { timeout: within, aged }: ReadRequest): Promise<ReadOutcome> {
    const fail = (error: NatslockError): ReadOutcome => ({ kind: "failed", error });
    const perform = () => {
      const at = aged ? this.#bucket.current(key)?.at : undefined;
      const age = at === undefined ? {} : { age: this.#clock.now() - at };
      return { kind: "seen" as const, keyState: this.look(key), ...age };
    };
    const request = { kind: "read", key, within } as const;
    return this.#pass<ReadOutcome>({ ...request, perform, fail, timeout: () => fail(late()) });
  }

  /** Writes a record if the key is at the expected revision. */
  write(key: string, request: WriteRequest): Promise<WriteOutcome> {
    return this.#edit("write", key, { ...request, content: request.record });
  }

  /** Writes a release marker if the key is at the expected revision. */
  remove(key: string, request: RemoveRequest): Promise<WriteOutcome> {
    const { perKeyTtl = true } = this.#options;
    const ttl = perKeyTtl ? request.markerTtl ?? MARK_TTL : null;
    return this.#edit("remove", key, { ...request, content: "mark", ttl });
  }

  /** Writes a ticket if the key is at the expected revision. */
  append(key: string, request: AppendRequest): Promise<WriteOutcome> {
    return this.#edit("append", key, { ...request, ...draftOf(request.ticket) });
  }

  /** Reads all messages under a filter. Those that have expired are missing. */
  scan(filter: string, { from, upTo = Infinity, timeout: within, leader }: ScanRequest): Promise<ScanOutcome> {
    const fits = filterOf(filter);
    const fail = (error: NatslockError): ScanOutcome => ({ kind: "failed", error });
    const perform = () => {
      const { replica = () => 0 } = this.#options;
      const isWanted = (key: string, revision: number) => revision >= from && revision <= upTo && fits(key);
      return { kind: "seen" as const, entries: this.#bucket.entries(isWanted, leader ? 0 : replica()) };
    };
    const request = { kind: "scan", key: filter, within } as const;
    return this.#pass<ScanOutcome>({ ...request, perform, fail, timeout: () => fail(late()) });
  }

  /** Pushes changes of a key to `listener` until the returned function is called. Expiry is not pushed. */
  watch(key: string, listener: (hint: Hint) => void): () => void {
    return this.follow(key, listener);
  }

  /** Pushes changes of all keys under a filter to `listener` until the returned function is called, but not expiry. */
  follow(filter: string, listener: (push: Push) => void): () => void {
    return this.#watch.add(filter, listener);
  }

  /** Number of open watches: 0 if nothing was left behind. */
  get watches(): number {
    return this.#watch.size;
  }

  /**
   * Sends a hint, true or forged, to the watchers of this link: those of `key`, or all. Without a key, a state of a key
   * is sent as one of each watched key.
   */
  tell(hint: Hint, key?: string): void {
    this.#watch.tell(hint, key);
  }

  /** Returns the current state of a key, without the network. For assertions of a test. */
  look(key: string): KeyState {
    return this.#bucket.look(key);
  }

  /** Stores something under a key without a condition, like another client. `ttl` in ms; `null` = the bucket's. */
  put(key: string, content: LeaseRecord | "mark" | "foreign", ttl: number | null = null): void {
    this.#put(key, { content, ttl });
  }

  /** Deletes the bucket. All requests fail until {@linkcode MemoryStore.recreateBucket} is called. */
  deleteBucket(): void {
    this.#bucket.delete();
  }

  /** Deletes the bucket and creates it again, empty: revisions start over in a new epoch. */
  recreateBucket(): void {
    this.#bucket.delete();
    this.#bucket.recreate();
  }

  /** Drops all writes above a revision, like a server that loses acknowledged writes. */
  rollBack(sequence: number): void {
    this.#bucket.rollBack(sequence);
  }

  #edit(kind: "write" | "remove" | "append", key: string, edit: Edit): Promise<WriteOutcome> {
    const perform = (): WriteOutcome => {
      const current = this.#bucket.current(key);
      const revision = current?.revision ?? 0;
      if (revision === edit.expected) return { kind: "applied", revision: this.#put(key, edit) };
      const inFlight = this.#options.replicas === 3 && current?.at === this.#clock.now();
      return { kind: "conflict", current: inFlight ? null : revision };
    };
    const fail = (error: NatslockError): WriteOutcome => ({ kind: "failed", error });
    const timeout = (): WriteOutcome => ({ kind: "unknown", error: late() });
    return this.#pass({ kind, key, within: edit.timeout, perform, fail, timeout });
  }

  #put(key: string, { content, ticket = null, ttl }: Pick<Edit, "content" | "ticket" | "ttl">): number {
    const { ttl: longest, lag = () => 0 } = this.#options;
    const kept = Math.min(ttl ?? Infinity, longest ?? Infinity) + lag();
    return this.#bucket.put(key, { content, ticket, kept });
  }

  async #pass<Outcome>(request: StoreRequest<Outcome>): Promise<Outcome> {
    const perform = (): Outcome => {
      if (!this.#bucket.missing) return request.perform();
      this.#known.invalidate();
      const message = `Cannot use bucket "${this.name}": it does not exist`;
      return request.fail(new ConnectionError("bucket_missing", message));
    };
    const { intercept = (asked) => Promise.resolve(asked.perform()) } = this.#options as { intercept?: Intercept };
    return await intercept({ ...request, perform });
  }
}

const fail = (error: NatslockError): never => {
  throw error;
};

const late = () => new ConnectionError("timeout", "Cannot tell how the request ended: no answer in time");
