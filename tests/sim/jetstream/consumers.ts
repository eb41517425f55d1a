/**
 * Push consumers without acknowledgements: each new message of a stream goes to one inbox.
 *
 * @module
 */

import { matches, type SimStream, type StoredMessage } from "./stream.ts";
import { status, type WireMessage } from "./wire.ts";

interface Consumer {
  readonly stream: string;
  readonly name: string;
  readonly filter: string;
  readonly inbox: string;
  delivered: number;
  /** Sequence of the newest message of the stream that it knows. */
  last: number;
  /** True if something was sent since the last heartbeat was due. */
  isBusy: boolean;
}

/** What consumers need of the server. */
export interface ConsumerHost {
  /** Sends a message to an inbox. */
  push(message: WireMessage, inbox?: string): void;
  /** Calls back after so many milliseconds. Without it there are no heartbeats. */
  later?(ms: number, callback: () => void): () => void;
}

/** The consumers of all streams. */
export class Consumers {
  readonly #host: ConsumerHost;
  readonly #consumers = new Map<string, Consumer>();

  constructor(host: ConsumerHost) {
    this.#host = host;
  }

  /** Creates one; the answer to the client. */
  create(
    { config: { name: stream }, last }: SimStream,
    request: { readonly config?: Record<string, unknown> },
  ): object {
    const { config = {} } = request;
    const name = String(config.name ?? config.durable_name ?? "");
    const [filter, inbox] = [String(config.filter_subject ?? ">"), String(config.deliver_subject ?? "")];
    const consumer: Consumer = { stream, name, filter, inbox, delivered: 0, last, isBusy: false };
    this.#consumers.set(`${stream} ${name}`, consumer);
    const { idle_heartbeat: nanos } = config;
    if (typeof nanos === "number" && nanos > 0) this.#beat(consumer, nanos / 1_000_000);
    const ended = { consumer_seq: 0, stream_seq: last };
    return { stream_name: stream, name, config, delivered: ended, ack_floor: ended, num_pending: 0 };
  }

  /** Deletes one; false if there is none of that name. */
  delete(stream: string, name: string): boolean {
    return this.#consumers.delete(`${stream} ${name}`);
  }

  /** Deletes those of a stream. */
  dropStream(stream: string): void {
    for (const [id, consumer] of this.#consumers) if (consumer.stream === stream) this.#consumers.delete(id);
  }

  /** True if one sends to this inbox. */
  feeds(inbox: string): boolean {
    return [...this.#consumers.values()].some((consumer) => consumer.inbox === inbox);
  }

  /** Sends a stored message to those who asked for its subject. */
  deliver(stream: string, { subject, seq, headers, data, time }: StoredMessage): void {
    for (const consumer of this.#consumers.values()) {
      if (consumer.stream !== stream || !matches(consumer.filter, subject)) continue;
      consumer.last = seq;
      consumer.isBusy = true;
      const number = ++consumer.delivered;
      const reply = `$JS.ACK.${stream}.${consumer.name}.1.${seq}.${number}.${Math.floor(time)}000000.0`;
      this.#host.push({ subject, headers, data, reply }, consumer.inbox);
    }
  }

  /** Sends a heartbeat whenever nothing was sent for an interval, as long as the consumer exists. */
  #beat(consumer: Consumer, ms: number): void {
    const { stream, name, inbox } = consumer;
    this.#host.later?.(ms, () => {
      if (this.#consumers.get(`${stream} ${name}`) !== consumer) return;
      const about = [["Nats-Last-Consumer", `${consumer.delivered}`], [
        "Nats-Last-Stream",
        `${consumer.last}`,
      ]] as const;
      if (!consumer.isBusy) this.#host.push({ ...status(100, "Idle Heartbeat", about), subject: inbox }, inbox);
      consumer.isBusy = false;
      this.#beat(consumer, ms);
    });
  }
}
