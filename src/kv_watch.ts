/**
 * Watches on a bucket, shared by all who watch through one connection.
 *
 * A bucket that repeats its changes is watched by one plain subscription per key: no consumer on the server. Any other
 * by one consumer for the whole bucket (nats-facts 0.8).
 *
 * @module
 */

import type { NatsConnection } from "@nats-io/nats-core";
import type { Bucket } from "./bucket_handle.ts";
import { decodeRecord, type StoredRecord } from "./record.ts";
import type { Hint } from "./store.ts";

type Listener = (hint: Hint) => void;

/** Something that ends when it is told to. */
interface Stoppable {
  stop(): void;
}

const watches = new WeakMap<Bucket, BucketWatch>();

/** The watches of a bucket. */
export function watchOf(bucket: Bucket): BucketWatch {
  const known = watches.get(bucket) ?? new BucketWatch(bucket);
  watches.set(bucket, known);
  return known;
}

/** All listeners to one bucket through one connection. */
export class BucketWatch {
  readonly #bucket: Bucket;
  readonly #listeners = new Map<string, Set<Listener>>();
  /** What feeds each key; under the empty key, what feeds all of them. */
  readonly #sources = new Map<string, Stoppable>();
  #status: Stoppable | null = null;

  /** Sends nothing yet. */
  constructor(bucket: Bucket) {
    this.#bucket = bucket;
  }

  /** Adds a listener; the first one of a key begins a subscription, the last one to leave ends it. */
  add(key: string, listener: Listener): () => void {
    const listeners = this.#listeners.get(key) ?? new Set();
    this.#listeners.set(key, listeners.add(listener));
    this.#status ??= this.#watchStatus(this.#bucket.nc);
    if (listeners.size === 1) this.#begin(key);
    return () => this.#remove(key, listener);
  }

  #remove(key: string, listener: Listener): void {
    const listeners = this.#listeners.get(key);
    if (!listeners?.delete(listener) || listeners.size > 0) return;
    this.#listeners.delete(key);
    this.#end(key);
    if (this.#listeners.size > 0) return;
    this.#end("");
    this.#status?.stop();
    this.#status = null;
  }

  #begin(key: string): void {
    const repeated = this.#bucket.repeatedSubject(key);
    if (repeated !== null) this.#sources.set(key, this.#subscribe(key, repeated));
    else if (!this.#sources.has("")) this.#sources.set("", this.#consume());
  }

  #end(key: string): void {
    this.#sources.get(key)?.stop();
    this.#sources.delete(key);
  }

  #subscribe(key: string, subject: string): Stoppable {
    const { nc } = this.#bucket;
    let last = 0;
    try {
      const subscription = nc.subscribe(subject, {
        callback: (error, message) => {
          if (error) return this.#tell(key, { kind: "gap" });
          const header = (name: string) => message.headers?.get(name);
          const revision = Number(header("Nats-Sequence"));
          if (!Number.isSafeInteger(revision) || revision === last) return;
          // The server names the change before this one: if that was not seen here, something is missing. Revisions
          // that go back are those of a bucket made anew, or forged.
          const missing = last > 0 && (Number(header("Nats-Last-Sequence")) > last || revision < last);
          last = revision;
          if (missing) return this.#tell(key, { kind: "gap" });
          this.#show(key, { revision, value: message.data, header });
        },
      });
      this.#hurry();
      return {
        stop: () => {
          subscription.unsubscribe();
          this.#hurry();
        },
      };
    } catch {
      // A connection that is closed: whoever waits finds out by its own look.
      return { stop: () => {} };
    }
  }

  /**
   * A subscription is not answered, and TCP would keep back what follows it until the server's delayed acknowledgement,
   * some 40 ms later. The answer to a ping carries that at once.
   */
  #hurry(): void {
    const { nc } = this.#bucket;
    if (!nc.isClosed()) nc.flush().catch(() => {});
  }

  /**
   * One ordered consumer for all keys, made in the background; until it runs, whoever waits looks by the clock. It is
   * deleted when it is no longer needed: the server would keep it for minutes (nats-facts 2).
   */
  #consume(): Stoppable {
    const { js, stream } = this.#bucket;
    const prefix = this.#bucket.subject("");
    let stopped = false;
    let end = () => {};
    const run = async () => {
      const consumer = await js.consumers.getPushConsumer(stream, {
        deliver_policy: "new",
        filter_subjects: `${prefix}>`,
      });
      const remove = () => void consumer.delete().catch(() => {});
      if (stopped) return remove();
      const messages = await consumer.consume({
        callback: ({ subject, seq, data, headers }) => {
          const header = (name: string) => headers?.get(name);
          this.#show(subject.slice(prefix.length), { revision: seq, value: data, header });
        },
      });
      end = () => {
        remove();
        messages.stop();
      };
      if (stopped) return end();
      // What changed before the consumer was made was not pushed.
      this.#tellAll();
      await messages.closed();
    };
    run().catch(() => {}).finally(() => stopped || this.#tellAll());
    return {
      stop: () => {
        stopped = true;
        end();
      },
    };
  }

  #watchStatus(nc: NatsConnection): Stoppable {
    const statuses = nc.status() as AsyncIterable<{ type: string }> & Partial<Stoppable>;
    const run = async () => {
      for await (const { type } of statuses) if (type === "reconnect") this.#tellAll();
      this.#tellAll();
    };
    run().catch(() => {});
    return { stop: () => statuses.stop?.() };
  }

  #show(key: string, stored: StoredRecord): void {
    this.#tell(key, { kind: "seen", sighting: decodeRecord(stored) });
  }

  #tell(key: string, hint: Hint): void {
    for (const listener of this.#listeners.get(key) ?? []) listener(hint);
  }

  #tellAll(): void {
    for (const key of this.#listeners.keys()) this.#tell(key, { kind: "gap" });
  }
}
