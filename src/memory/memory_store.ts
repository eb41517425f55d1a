/** A bucket of lock records in memory, for tests. It answers like a NATS server. */

import type { Clock } from "../base/clock.ts";
import { ConnectionError, type NatslockError } from "../base/errors.ts";
import { CachedRequest } from "../base/cached_request.ts";
import type { Intercept, LinkOptions, StoreRequest } from "./memory_link.ts";
import type { KeyState, LeaseRecord } from "../store/record.ts";
import type {
  BucketSettings,
  Hint,
  LeaseStore,
  ReadOutcome,
  ReadRequest,
  RemoveRequest,
  SettingsRequest,
  WriteOutcome,
  WriteRequest,
} from "../store/store.ts";

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

/** What is stored under a key: a record, a release marker ("mark"), or a value that is not a UUID ("foreign"). */
type Content = LeaseRecord | "mark" | "foreign";
type Message = { readonly revision: number; readonly content: Content; readonly at: number; readonly goneAt: number };

type Edit = Omit<WriteRequest, "record"> & { readonly content: Content };

/** The state of a bucket, shared by all its links. */
class Bucket {
  readonly messages = new Map<string, Message>();
  readonly links = new Set<MemoryStore>();
  sequence = 0;
  epoch = 1;
  missing = false;
}

/** How long a release marker stays, in milliseconds, as on a NATS server. */
const MARK_TTL = 1000;

/** A {@linkcode LeaseStore} that runs on the given clock. Lockers can share one, or use several links to one bucket. */
export class MemoryStore implements LeaseStore {
  /** Name of the bucket. */
  readonly name: string;
  readonly #clock: Clock;
  readonly #options: MemoryStoreOptions;
  readonly #bucket: Bucket;
  readonly #watchers = new Map<string, Set<(hint: Hint) => void>>();
  readonly #known = new CachedRequest<BucketSettings>();

  /** Creates an empty bucket, or another link to the bucket of `other`. */
  constructor(clock: Clock, options: MemoryStoreOptions, other?: MemoryStore) {
    this.name = options.name ?? "memory";
    this.#clock = clock;
    this.#options = options;
    this.#bucket = other ? other.#bucket : new Bucket();
    this.#bucket.links.add(this);
  }

  /** Returns another link to the same bucket, with its own network: a test can cut off one Locker of several. */
  link(network: LinkOptions): MemoryStore {
    const { intercept: _, push: __, ...options } = this.#options;
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
      const at = aged ? this.#current(key)?.at : undefined;
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
    return this.#edit("remove", key, { ...request, content: "mark", ttl: perKeyTtl ? MARK_TTL : null });
  }

  /** Pushes changes of a key to `listener` until the returned function is called. Expiry is not pushed. */
  watch(key: string, listener: (hint: Hint) => void): () => void {
    const watchers = this.#watchers.get(key) ?? new Set();
    this.#watchers.set(key, watchers.add(listener));
    return () => watchers.delete(listener);
  }

  /** Number of open watches: 0 if nothing was left behind. */
  get watches(): number {
    return [...this.#watchers.values()].reduce((sum, { size }) => sum + size, 0);
  }

  /** Sends a hint, true or forged, to the watchers of this link: those of `key`, or of all keys. */
  tell(hint: Hint, key?: string): void {
    const keys = key === undefined ? [...this.#watchers.keys()] : [key];
    for (const watcher of keys.flatMap((each) => [...this.#watchers.get(each) ?? []])) watcher(hint);
  }

  /** Returns the current state of a key, without the network. For assertions of a test. */
  look(key: string): KeyState {
    const { revision = 0, content = "mark" } = this.#current(key) ?? {};
    if (content === "mark") return { kind: "vacant", revision };
    return content === "foreign" ? { kind: "foreign", revision } : { kind: "held", revision, record: content };
  }

  /** Stores something under a key without a condition, like another client. `ttl` in ms; `null` = the bucket's. */
  put(key: string, content: LeaseRecord | "mark" | "foreign", ttl: number | null = null): void {
    const at = this.#clock.now();
    const { ttl: longest, lag = () => 0 } = this.#options;
    const goneAt = at + Math.min(ttl ?? Infinity, longest ?? Infinity) + lag();
    this.#bucket.messages.set(key, { revision: ++this.#bucket.sequence, content, at, goneAt });
    const hint: Hint = { kind: "seen", keyState: this.look(key) };
    for (const link of this.#bucket.links) link.#push(key, hint);
  }

  /** Deletes the bucket. All requests fail until {@linkcode MemoryStore.recreateBucket} is called. */
  deleteBucket(): void {
    this.#bucket.missing = true;
    this.#bucket.messages.clear();
  }

  /** Deletes the bucket and creates it again, empty: revisions start over in a new epoch. */
  recreateBucket(): void {
    this.deleteBucket();
    Object.assign(this.#bucket, { missing: false, sequence: 0, epoch: this.#bucket.epoch + 1 });
  }

  /** Drops all writes above a revision, like a server that loses acknowledged writes. */
  rollBack(sequence: number): void {
    this.#bucket.sequence = sequence;
    for (const [key, { revision }] of this.#bucket.messages) if (revision > sequence) this.#bucket.messages.delete(key);
  }

  #edit(kind: "write" | "remove", key: string, edit: Edit): Promise<WriteOutcome> {
    const perform = (): WriteOutcome => {
      const current = this.#current(key);
      const revision = current?.revision ?? 0;
      if (revision === edit.expected) {
        this.put(key, edit.content, edit.ttl);
        return { kind: "applied", revision: this.#bucket.sequence };
      }
      const inFlight = this.#options.replicas === 3 && current?.at === this.#clock.now();
      return { kind: "conflict", current: inFlight ? null : revision };
    };
    const fail = (error: NatslockError): WriteOutcome => ({ kind: "failed", error });
    const timeout = (): WriteOutcome => ({ kind: "unknown", error: late() });
    return this.#pass({ kind, key, within: edit.timeout, perform, fail, timeout });
  }

  #push(key: string, hint: Hint): void {
    const { push = (_: Hint, deliver: () => void) => queueMicrotask(deliver) } = this.#options;
    const watchers = this.#watchers.get(key) ?? new Set();
    for (const watcher of watchers) push(hint, () => watchers.has(watcher) && watcher(hint));
  }

  #current(key: string): Message | null {
    const message = this.#bucket.messages.get(key);
    if (message === undefined || this.#clock.now() < message.goneAt) return message ?? null;
    this.#bucket.messages.delete(key);
    return null;
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
