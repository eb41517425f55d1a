/**
 * A JetStream server as its clients see it: requests on subjects, answers, and messages that it sends by itself.
 *
 * @module
 */

import { API_ERRORS, isApiError } from "./api_errors.ts";
import { Consumers } from "./consumers.ts";
import type { Headers } from "./headers.ts";
import { readByLeader, readDirectly } from "./reads.ts";
import { type LeaderClock, matches, SimStream, type StoredMessage, type StreamConfig } from "./stream.ts";
import { json, parse, refused, timeOf, type WireMessage } from "./wire.ts";

export type { WireMessage };

/** What the server lives in. */
export interface Host {
  readonly clock: LeaderClock;
  /** Version that it shows. */
  readonly version: string;
  /** Sends a message to all who subscribe to its subject, or to `inbox` if that is where it has to go. */
  push(message: WireMessage, inbox?: string): void;
  /** Calls back after so many milliseconds; returns what cancels it. Without it consumers send no heartbeats. */
  later?(ms: number, callback: () => void): () => void;
  /** Is told each subject under which a message was stored. */
  stored?(subject: string): void;
}

/** How a request meets the server. */
export interface Meeting {
  /** Another write to the subject is being replicated. */
  readonly inFlight?: boolean;
}

const API = "$JS.API.";

/** One server, or a cluster that answers as one. */
export class JetStream {
  readonly streams = new Map<string, SimStream>();
  readonly #host: Host;
  readonly #consumers: Consumers;
  #created = 0;

  constructor(host: Host) {
    this.#host = host;
    this.#consumers = new Consumers(host);
  }

  /** Carries a request out; `null` if nobody serves its subject. The first answer, if there are more. */
  handle(message: WireMessage, meeting: Meeting = {}): WireMessage | null {
    return this.answers(message, meeting)[0] ?? null;
  }

  /** Carries a request out. Returns all that is sent to its reply subject: nothing if nobody serves its subject. */
  answers({ subject, headers, data }: WireMessage, { inFlight = false }: Meeting = {}): readonly WireMessage[] {
    if (subject.startsWith(API)) return this.#api(subject.slice(API.length), data);
    const stream = [...this.streams.values()].find((each) => each.takes(subject));
    if (stream === undefined) return [];
    const stored = stream.publish({ subject, headers, data }, inFlight);
    const { name } = stream.config;
    return [json(isApiError(stored) ? { error: stored, stream: name, seq: 0 } : { stream: name, seq: stored.seq })];
  }

  /** Creates a stream, also one that a client did not ask for. */
  create(config: Partial<StreamConfig> & { readonly name: string }): SimStream {
    const whole: StreamConfig = { ...DEFAULTS, subjects: [config.name], ...config };
    // Two streams are never created in the same instant.
    const created = timeOf(this.#host.clock.wall(), ++this.#created);
    const stream = new SimStream(whole, created, {
      clock: this.#host.clock,
      stored: (message) => this.#stored(whole, message),
    });
    this.streams.set(whole.name, stream);
    return stream;
  }

  /** True if a consumer of a stream that exists sends to this inbox. */
  feeds(inbox: string): boolean {
    return this.#consumers.feeds(inbox);
  }

  /** Deletes a stream and its consumers. */
  delete(name: string): void {
    this.streams.delete(name);
    this.#consumers.dropStream(name);
  }

  #api(verb: string, data: Uint8Array): readonly WireMessage[] {
    const [area = "", action = "", name = "", ...rest] = verb.split(".");
    if (area === "DIRECT") {
      const stream = this.streams.get(name);
      if (action !== "GET" || !stream?.config.allow_direct) return [];
      return readDirectly(stream, { subject: rest.join("."), data, version: this.#host.version });
    }
    const answer = area === "STREAM" && action === "CREATE"
      ? this.#createFor(name, data)
      : area === "STREAM" && action === "MSG"
      ? this.#ofStream(`${area}.${action}.${name}`, rest[0] ?? "", rest.slice(1), data)
      : this.#ofStream(`${area}.${action}`, name, rest, data);
    return answer === null ? [] : [answer];
  }

  #ofStream(verb: string, name: string, [consumer = ""]: readonly string[], data: Uint8Array): WireMessage | null {
    const stream = this.streams.get(name);
    if (stream === undefined) return refused(API_ERRORS.streamNotFound);
    switch (verb) {
      case "STREAM.INFO":
        return json(this.#info(stream));
      case "STREAM.DELETE":
        this.delete(name);
        return json({ success: true });
      case "STREAM.MSG.GET":
        return readByLeader(stream, data);
      case "CONSUMER.CREATE":
        return json(this.#consumers.create(stream, parse(data)));
      case "CONSUMER.DELETE":
        return this.#consumers.delete(name, consumer) ? json({ success: true }) : refused(API_ERRORS.consumerNotFound);
      default:
        return null;
    }
  }

  #createFor(name: string, data: Uint8Array): WireMessage {
    const existing = this.streams.get(name);
    const config = parse<Partial<StreamConfig>>(data);
    if (existing === undefined) return json({ ...this.#info(this.create({ ...config, name })), did_create: true });
    const whole: Readonly<Record<string, unknown>> = { ...DEFAULTS, ...config };
    const settings = new Set([...Object.keys(whole), ...Object.keys(existing.config)]);
    const isSame = [...settings].every((setting) =>
      JSON.stringify(existing.config[setting]) === JSON.stringify(whole[setting])
    );
    if (!isSame) return refused(API_ERRORS.nameInUse);
    // A single server says so of a stream that exists, too.
    return json({ ...this.#info(existing), ...(existing.config.num_replicas > 1 ? {} : { did_create: true }) });
  }

  #info(stream: SimStream): object {
    const messages = stream.messages();
    const state = {
      messages: messages.length,
      bytes: 0,
      // A stream that never stored anything has no first message either.
      first_seq: messages[0]?.seq ?? (stream.last === 0 ? 0 : stream.last + 1),
      last_seq: stream.last,
    };
    const ts = timeOf(this.#host.clock.wall());
    return { config: stream.config, created: stream.created, state, ts, total: 0, offset: 0, limit: 0 };
  }

  #stored({ name, republish }: StreamConfig, message: StoredMessage): void {
    const { subject, headers, data, seq, time, previous } = message;
    this.#host.stored?.(subject);
    this.#consumers.deliver(name, message);
    if (republish === undefined || !matches(republish.src, subject)) return;
    const prefix = republish.src.slice(0, -1);
    const about: Headers = [
      ["Nats-Stream", name],
      ["Nats-Subject", subject],
      ["Nats-Sequence", String(seq)],
      ["Nats-Time-Stamp", timeOf(time)],
      ["Nats-Last-Sequence", String(previous)],
    ];
    const to = republish.dest.slice(0, -1) + subject.slice(prefix.length);
    this.#host.push({ subject: to, headers: [...headers, ...about], data });
  }
}

/** What a stream has that nobody asked for. */
const DEFAULTS = {
  num_replicas: 1,
  max_age: 0,
  max_msgs_per_subject: -1,
  max_msgs: -1,
  max_bytes: -1,
  max_msg_size: -1,
  retention: "limits",
  storage: "file",
  discard: "old",
  allow_msg_ttl: false,
  allow_rollup_hdrs: false,
  allow_direct: false,
} as const;
