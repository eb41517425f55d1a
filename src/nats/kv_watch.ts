/**
 * Watches on a bucket, shared by all who watch it by the same handle. A bucket that repeats its changes is watched by a
 * plain subscription per key, any other by one consumer for all keys (nats-facts 0.8).
 */

import type { Msg } from "@nats-io/nats-core";
import { ConnectionError } from "../base/errors.ts";
import { BucketConsumer, type WatchedBucket } from "./watch_consumer.ts";
import { toLockError } from "./nats_errors.ts";
import { type KeyState, type StoredRecord, wholeNumber } from "../store/record.ts";
import type { Hint } from "../store/store.ts";

type Listener = (hint: Hint) => void;
type Stop = () => void;

const GAP: Hint = { kind: "gap" };
const DOWN: Hint = {
  kind: "down",
  error: new ConnectionError("unavailable", "The connection to NATS is down"),
};
const deaf = (cause: unknown, what: string): Hint => {
  const { error } = toLockError(cause, `watch ${what}`);
  return error.why === "denied" ? { kind: "denied", error } : GAP;
};

/** Who listens to a key, and what feeds it: `undefined` = nothing, `null` = the consumer, else a subject. */
type Watched = { readonly listeners: Set<Listener>; subject: string | null | undefined; stop: Stop };

/** The bucket that is watched, as its store knows it. */
interface Bucket extends WatchedBucket {
  /** Subject on which the server repeats the changes of a key; `null` if it does not, or that is not known yet. */
  repeatedSubject(key: string): string | null;
  /** What a stored message means in this bucket. */
  decode(stored: StoredRecord): KeyState;
}

/** All listeners to one bucket. */
export class BucketWatch {
  readonly #bucket: Bucket;
  readonly #keys = new Map<string, Watched>();
  readonly #consumer: BucketConsumer;
  #status: Stop | null = null;

  constructor(bucket: Bucket) {
    this.#bucket = bucket;
    this.#consumer = new BucketConsumer(bucket, {
      changed: ({ subject, seq: revision, data: value, headers }) => {
        const stored = { revision, value, header: (name: string) => headers?.get(name) };
        this.#tell(subject.slice(bucket.subject("").length), this.#seen(stored));
      },
      missed: () => this.#tellAll(GAP),
      failed: (cause) => this.#tellAll(deaf(cause, `bucket "${bucket.name}"`)),
    });
  }

  /** Adds a listener; the first one of a key begins what feeds it, the last one to leave ends it. */
  add(key: string, listener: Listener): Stop {
    this.#status ??= this.#followStatus();
    const watched = this.#keys.get(key) ?? { listeners: new Set(), subject: undefined, stop: () => {} };
    this.#keys.set(key, watched);
    watched.listeners.add(listener);
    this.#feed(key, watched);
    return () => {
      if (!watched.listeners.delete(listener) || watched.listeners.size > 0) return;
      this.#keys.delete(key);
      watched.stop();
      if (this.#keys.size > 0) return;
      this.#status?.();
      this.#status = null;
      this.#consumer.end();
    };
  }

  /** True if the key is fed in another way than before. */
  #feed(key: string, watched: Watched): boolean {
    const subject = this.#bucket.repeatedSubject(key);
    if (subject === null) this.#consumer.need();
    if (subject === watched.subject) return false;
    watched.stop();
    watched.subject = subject;
    watched.stop = subject === null ? () => {} : this.#subscribe(key, subject);
    return true;
  }

  /** The bucket may repeat its changes elsewhere by now, or no longer: its settings were read again. */
  review(): void {
    const changed = [...this.#keys].filter(([key, watched]) => this.#feed(key, watched));
    if (![...this.#keys.values()].some(({ subject }) => subject === null)) this.#consumer.end();
    if (changed.length > 0) this.#bucket.nc.flush().then(() => this.#tellAll(GAP), () => {});
  }

  #subscribe(key: string, subject: string): Stop {
    const { nc, stream } = this.#bucket;
    let last = 0;
    const callback = (error: Error | null, message: Msg): void => {
      if (error !== null) {
        const watched = this.#keys.get(key);
        if (watched !== undefined) watched.subject = undefined;
        return this.#tell(key, deaf(error, `key "${key}"`));
      }
      const change = changeIn(message);
      // What cannot be read has changed to something all the same.
      if (change === null) return this.#tell(key, GAP);
      // Who asks for another message with this subject as the inbox makes the server send that one here.
      if (change.of !== `${stream} ${this.#bucket.subject(key)}`) return;
      const { stored, before } = change;
      const { revision } = stored;
      if (revision === last) return;
      // The server names the change before this one: if that was not seen here, something is missing. Revisions that
      // go back are those of a bucket made anew, or forged.
      const isGap = last > 0 && (before > last || revision < last);
      last = revision;
      this.#tell(key, isGap ? GAP : this.#seen(stored));
    };
    // A subscription is not answered, and TCP would keep back what follows it until the server's delayed
    // acknowledgement, some 40 ms later. The answer to a ping carries that at once.
    const hurry = () => void nc.flush().catch(() => {});
    try {
      const subscription = nc.subscribe(subject, { callback });
      hurry();
      return () => {
        subscription.unsubscribe();
        hurry();
      };
    } catch {
      // A connection that is closed: whoever waits finds out by its own look.
      return () => {};
    }
  }

  #followStatus(): Stop {
    const statuses = this.#bucket.nc.status() as AsyncIterable<{ type: string }> & { stop?(): void };
    let isDown = false;
    const run = async () => {
      for await (const { type } of statuses) {
        if (type === "reconnect") {
          isDown = false;
          this.review();
          this.#consumer.again();
          this.#tellAll(GAP);
        } else if (!isDown && (type === "disconnect" || type === "staleConnection")) {
          isDown = true;
          this.#tellAll(DOWN);
        }
      }
      // It ends with the connection, or since nobody listens any more: who does so since has a feed of its own.
      if (this.#bucket.nc.isClosed()) this.#tellAll(GAP);
    };
    run().catch(() => {});
    return () => statuses.stop?.();
  }

  #seen(stored: StoredRecord): Hint {
    return { kind: "seen", keyState: this.#bucket.decode(stored) };
  }

  #tell(key: string, hint: Hint): void {
    for (const listener of this.#keys.get(key)?.listeners ?? []) listener(hint);
  }

  #tellAll(hint: Hint): void {
    for (const key of this.#keys.keys()) this.#tell(key, hint);
  }
}

/** What a repeated message tells of: a record, the revision before it, and the stream and subject that it is stored in. */
type Change = { readonly stored: StoredRecord; readonly before: number; readonly of: string };

/**
 * The change that a repeated message tells of; `null` if it tells of none that can be read. Malformed headers make the
 * client throw, and what is thrown here would end its reading for good.
 */
function changeIn(message: Msg): Change | null {
  try {
    const header = (name: string) => message.headers?.get(name);
    // A writer may have sent headers of these names, too: the server's come after them.
    const said = (name: string) => message.headers?.last(`Nats-${name}`);
    const revision = wholeNumber(said("Sequence"), 1);
    if (revision === null) return null;
    return {
      stored: { revision, value: message.data, header },
      before: wholeNumber(said("Last-Sequence")) ?? 0,
      of: `${said("Stream")} ${said("Subject")}`,
    };
  } catch {
    return null;
  }
}
