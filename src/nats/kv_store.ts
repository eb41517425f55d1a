/**
 * Stores leases in a NATS key-value bucket.
 *
 * This is the main file of the folder `nats`. The folder is built like this:
 *
 * - `bucket.ts` opens a bucket for locks, and creates it if it is missing.
 * - `bucket_rules.ts` defines which settings of a bucket are safe.
 * - `bucket_settings.ts` has the `SettingsReader`. It reads the settings, checks them by these rules and caches them.
 * - `kv_store.ts` has the `KvStore`. It reads keys, and writes and removes records (`kv_message.ts`). A write or a
 *   removal is applied only if the key is at the expected revision.
 * - `kv_tickets.ts` has the `KvTickets`: the same bucket with its queues. `ticket_scan.ts` reads all messages under a
 *   filter, page by page (`ticket_page.ts`).
 * - `kv_watch.ts` delivers pushed changes of keys as hints. If the bucket republishes its changes, they come by one
 *   subscription for each key, else by one consumer for all keys (`watch_consumer.ts`).
 * - `nats_errors.ts` translates errors of the client and refusals of the server into errors of this library.
 * - `guard.ts` writes entries that are no locks under the fencing token of a hold.
 * - `server_version.ts` lists known bad server releases, and which release brought a feature.
 * - `connection.ts` opens and closes connections, on a websocket as `socket.ts` makes it, and reads the state of any.
 */

import { jetstream, type JetStreamClient } from "@nats-io/jetstream";
import { headers, type MsgHdrs, type NatsConnection } from "@nats-io/nats-core";
import { apiPrefixOf, writeSubject } from "./api_prefix.ts";
import { type KvBucketSettings, republishedAs } from "./bucket_rules.ts";
import { type Clock, SystemClock } from "../base/clock.ts";
import type { NatslockError } from "../base/errors.ts";
import { type KvSettingsRequest, SettingsReader } from "./bucket_settings.ts";
import { stateOfConnection } from "./connection.ts";
import { internalsOf, type KvHandle, type KvInternals } from "./kv_handle.ts";
import { type Message, RELEASE, RELEASE_BY_ROLLUP } from "./kv_message.ts";
import { BucketWatch } from "./kv_watch.ts";
import { API_CODES, apiCodeOf, currentRevision, isDenied, toLockError } from "./nats_errors.ts";
import {
  decodeRecord,
  encodeHeaders,
  type KeyState,
  paddingFor,
  recordSize,
  type StoredRecord,
} from "../store/record.ts";
import type {
  ConnectionState,
  Hint,
  LeaseStore,
  ReadOutcome,
  ReadRequest,
  RemoveRequest,
  WriteOutcome,
  WriteRequest,
} from "../store/store.ts";
import type { Push } from "../store/ticket_store.ts";

type StoredMessage = {
  readonly seq: number;
  readonly data: Uint8Array;
  readonly header?: MsgHdrs;
  readonly time: Date;
};

/** How the bucket is reached. */
export interface Way {
  readonly nc: NatsConnection;
  readonly apiPrefix: string;
  readonly settings: SettingsReader;
  readonly clock: Clock;
}

const stores = new WeakMap<KvHandle, KvStore>();

/**
 * Returns the store of a KV handle, always the same one for a handle. Sends no message.
 * @throws {BadParameterError} if the value is not a KV handle of a NATS client
 */
export function storeOf(kv: KvHandle | undefined): KvStore {
  const internals = internalsOf(kv);
  const handle = kv as KvHandle;
  const store = stores.get(handle) ?? new KvStore(internals);
  stores.set(handle, store);
  return store;
}

/**
 * A {@linkcode LeaseStore} in a NATS bucket, and the connection to it.
 *
 * Writes are published as messages with an expected revision and a TTL. `kv.update()` would drop the TTL, so that the
 * record would lose its own lease length.
 *
 * Reads go to the stream leader. Another replica can be behind: after a write was acknowledged, it can still return an
 * older record or none. A client that only observes may have no permission to read from the stream leader. It then
 * reads from any replica, and nothing is decided by that read.
 */
export class KvStore implements LeaseStore {
  readonly name: string;
  readonly stream: string;
  readonly nc: NatsConnection;
  readonly js: JetStreamClient;
  readonly way: Way;
  readonly #apiPrefix: string;
  readonly #settings: SettingsReader;
  readonly #watch: BucketWatch;
  #readsReplicas = false;
  /** The settings that the watches were last adapted to. */
  #reviewed: KvBucketSettings | null = null;

  /** `clock` measures how old the settings are, and the pause between two consumers. */
  constructor({ bucket, stream, js: { nc, ...place } }: KvInternals, clock: Clock = new SystemClock()) {
    this.name = bucket;
    this.stream = stream;
    this.nc = nc;
    this.#apiPrefix = apiPrefixOf(place);
    this.js = jetstream(nc, { apiPrefix: this.#apiPrefix });
    this.#settings = new SettingsReader({ nc, bucket, stream, apiPrefix: this.#apiPrefix }, clock);
    this.#watch = new BucketWatch(this, clock);
    this.way = { nc, apiPrefix: this.#apiPrefix, settings: this.#settings, clock };
  }

  connection(): ConnectionState | null {
    return stateOfConnection(this.nc);
  }

  subject(key: string): string {
    return `$KV.${this.name}.${key}`;
  }

  /** Returns the subject on which the server republishes a key's changes; `null` if there is none, or it is unknown. */
  republishSubject(key: string): string | null {
    return republishedAs(this.subject(key), this.#settings.latest?.republish);
  }

  /** Returns what a stored message means in this bucket. */
  decode(stored: StoredRecord): KeyState {
    return decodeRecord({ longest: this.#settings.latest?.ttl ?? Infinity, ...stored });
  }

  async settings(request: KvSettingsRequest = {}): Promise<KvBucketSettings> {
    const settings = await this.#settings.read(request);
    if (settings !== this.#reviewed) this.#watch.review();
    return this.#reviewed = settings;
  }

  async read(key: string, { timeout, aged }: ReadRequest): Promise<ReadOutcome> {
    try {
      const message = await this.#readLast({ last_by_subj: this.subject(key) }, timeout);
      if (message === null) return { kind: "seen", keyState: { kind: "vacant", revision: 0 } };
      const { seq: revision, data: value } = message;
      const keyState = this.decode({ revision, value, header: (name) => message.header?.get(name) });
      // Both times come from the server, so the age does not depend on the local clock.
      const age = aged ? await this.#settings.serverTime(timeout) - message.time.getTime() : NaN;
      return { kind: "seen", keyState, ...(age >= 0 ? { age } : {}) };
    } catch (cause) {
      const { error } = toLockError(cause, `read key "${key}"`);
      return { kind: "failed", error: await this.#settings.explain(error, { key, timeout }) };
    }
  }

  write(key: string, { record, ...request }: WriteRequest): Promise<WriteOutcome> {
    const headers = [...encodeHeaders(record), paddingFor(record.token, request.expected)];
    return this.put(key, { value: record.holder, headers, size: () => recordSize(record, request.ttl) }, request);
  }

  async remove(key: string, request: RemoveRequest): Promise<WriteOutcome> {
    try {
      // The latest known settings are used without a check: a holder can release even if the bucket has become unsafe.
      const known = this.#settings.latest ?? await this.settings({ timeout: request.timeout });
      const { markerTtl, ttl, rollups } = known;
      const ownTtl = markerTtl === (ttl ?? Infinity) ? null : request.markerTtl ?? markerTtl;
      return await this.put(key, rollups ? RELEASE_BY_ROLLUP : RELEASE, { ...request, ttl: ownTtl });
    } catch (error) {
      return { kind: "failed", error: error as NatslockError };
    }
  }

  watch(key: string, listener: (hint: Hint) => void): () => void {
    return this.follow(key, listener);
  }

  /** Pushes the changes of all keys that match a filter, until the returned function is called. */
  follow(filter: string, listener: (push: Push) => void): () => void {
    return this.#watch.add(filter, listener);
  }

  /** Stores a message if the key is at the expected revision. Waits at most `timeout`, and never rejects. */
  async put(key: string, message: Message, request: Omit<WriteRequest, "record">): Promise<WriteOutcome> {
    const { expected, ttl, timeout } = request;
    const lacking = await this.#settings.requireKnown(timeout);
    if (lacking !== null) return { kind: "failed", error: lacking };
    const head = headers();
    for (const [name, value] of message.headers) head.set(name, value);
    if (ttl !== null) head.set("Nats-TTL", `${ttl / 1000}s`);
    const subject = writeSubject(this.#apiPrefix, this.subject(key));
    const condition = { headers: head, timeout, expect: { lastSubjectSequence: expected } };
    try {
      return { kind: "applied", revision: (await this.js.publish(subject, message.value, condition)).seq };
    } catch (cause) {
      const code = apiCodeOf(cause);
      const isConflict = code === API_CODES.wrongRevision || code === API_CODES.inFlight;
      if (isConflict) return { kind: "conflict", current: currentRevision(cause) };
      const { certain, error } = toLockError(cause, `write key "${key}"`);
      return certain
        ? { kind: "failed", error: await this.#settings.explain(error, { key, timeout, size: message.size?.() ?? 0 }) }
        : { kind: "unknown", error };
    }
  }

  async #readLast(query: { readonly last_by_subj: string }, timeout: number): Promise<StoredMessage | null> {
    const { streams, direct } = await this.#settings.manager(timeout);
    const { observes } = this.#settings;
    try {
      if (!observes || !this.#readsReplicas) return await streams.getMessage(this.stream, query);
    } catch (cause) {
      if (!observes || !isDenied(cause, `${this.#apiPrefix}.STREAM.MSG.GET.${this.stream}`)) throw cause;
      this.#readsReplicas = true;
    }
    return await direct.getMessage(this.stream, query);
  }
}
