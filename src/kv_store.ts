/**
 * Leases in a NATS key-value bucket.
 *
 * @module
 */

import { headers } from "@nats-io/nats-core";
import { type Bucket, bucketOf, type KvHandle } from "./bucket_handle.ts";
import { BucketConfigError, ConnectionError } from "./errors.ts";
import { watchOf } from "./kv_watch.ts";
import { API_CODES, apiCodeOf, currentRevision, troubleOf } from "./nats_trouble.ts";
import { decodeRecord, encodeHeaders } from "./record.ts";
import type { Hint, LeaseStore, ReadOutcome, RemoveRequest, StoreTerms, WriteOutcome, WriteRequest } from "./store.ts";

/** One message to the bucket, written only if the key stands at the expected revision. */
interface Put {
  readonly value: string;
  readonly headers: readonly [name: string, value: string][];
  readonly expected: number;
  /** Milliseconds, whole seconds; `null` = the bucket's. */
  readonly ttl: number | null;
  readonly timeout: number;
}

/**
 * A {@linkcode LeaseStore} on NATS.
 *
 * Writes are published with the expected sequence of their subject, since `kv.update()` would drop the record's own
 * lease length (nats-facts 0.2); reads go to the stream's leader (0.7).
 */
export class KvStore implements LeaseStore {
  readonly #bucket: Bucket;

  /**
   * Takes a KV handle; sends nothing.
   *
   * @throws {BadParameterError} if `kv` is none
   */
  constructor(kv: KvHandle) {
    this.#bucket = bucketOf(kv);
  }

  /** Name of the bucket. */
  get name(): string {
    return this.#bucket.name;
  }

  /** What the bucket is like. */
  terms(options?: { readonly fresh?: boolean }): Promise<StoreTerms> {
    return this.#bucket.terms(options);
  }

  /** Looks at a key on the stream's leader. */
  async read(key: string, options: { readonly timeout: number }): Promise<ReadOutcome> {
    const { nc, stream } = this.#bucket;
    try {
      if (nc.isClosed()) return { kind: "failed", error: this.#closed(key) };
      const manager = await this.#bucket.manager(options.timeout);
      const message = await manager.streams.getMessage(stream, { last_by_subj: this.#bucket.subject(key) });
      if (message === null) {
        return { kind: "seen", sighting: { kind: "vacant", revision: 0 } };
      }
      const header = (name: string) => message.header?.get(name);
      return {
        kind: "seen",
        sighting: decodeRecord({
          revision: message.seq,
          value: message.data,
          header,
        }),
      };
    } catch (cause) {
      return { kind: "failed", error: await this.#explain(troubleOf(cause, `read key "${key}"`).error) };
    }
  }

  /** Writes a record if the key stands at the expected revision. */
  write(key: string, request: WriteRequest): Promise<WriteOutcome> {
    const { record, expected, ttl, timeout } = request;
    return this.#put(key, { value: record.holder, headers: encodeHeaders(record), expected, ttl, timeout });
  }

  /** Puts the mark of a release if the key stands at the expected revision: a purge, as any KV client would see it. */
  async remove(key: string, request: RemoveRequest): Promise<WriteOutcome> {
    const { perKeyTtl, markerTtl, ttl } = await this.#bucket.terms();
    return await this.#put(key, {
      value: "",
      headers: [["KV-Operation", "PURGE"], ["Nats-Rollup", "sub"]],
      ttl: perKeyTtl && markerTtl !== (ttl ?? Infinity) ? markerTtl : null,
      ...request,
    });
  }

  /** Tells of changes of a key: by what the bucket repeats, else by a consumer shared with other watches of it. */
  watch(key: string, listener: (hint: Hint) => void): () => void {
    return watchOf(this.#bucket).add(key, listener);
  }

  async #put(key: string, put: Put): Promise<WriteOutcome> {
    const { js, nc } = this.#bucket;
    if (nc.isClosed()) return { kind: "failed", error: this.#closed(key) };
    const head = headers();
    for (const [name, value] of put.headers) head.set(name, value);
    try {
      const ack = await js.publish(this.#bucket.editSubject(key), put.value, {
        headers: head,
        timeout: put.timeout,
        expect: { lastSubjectSequence: put.expected },
        ...(put.ttl === null ? {} : { ttl: `${put.ttl / 1000}s` }),
      });
      return { kind: "applied", revision: ack.seq };
    } catch (cause) {
      return await this.#unwritten(key, cause);
    }
  }

  async #unwritten(key: string, cause: unknown): Promise<WriteOutcome> {
    const code = apiCodeOf(cause);
    if (code === API_CODES.wrongLastSequence) {
      return { kind: "conflict", current: currentRevision(cause) };
    }
    if (code === API_CODES.writeInFlight) {
      return { kind: "conflict", current: null };
    }
    const { certain, error } = troubleOf(cause, `write key "${key}"`);
    if (!certain) return { kind: "unknown", error };
    return { kind: "failed", error: await this.#explain(error) };
  }

  /** "No responders" is what a stream without a leader and a bucket that was deleted look like: ask which it is. */
  async #explain(error: ConnectionError): Promise<ConnectionError> {
    if (error.why !== "unavailable" && error.why !== "bucket_missing") {
      return error;
    }
    try {
      await this.#bucket.terms({ fresh: true });
      return error;
    } catch (reason) {
      if (reason instanceof BucketConfigError) {
        return new ConnectionError("refused", reason.message, { cause: reason });
      }
      return reason instanceof ConnectionError &&
          reason.why === "bucket_missing"
        ? reason
        : error;
    }
  }

  #closed(key: string): ConnectionError {
    return new ConnectionError("closed", `Cannot use key "${key}": the connection is closed`);
  }
}
