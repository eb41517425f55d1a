/**
 * A JetStream server as its clients see it: requests on subjects, answers, and messages that it sends by itself.
 *
 * @module
 */

import { API_ERRORS, type ApiError, isApiError } from "./api_errors.ts";
import { Consumers } from "./consumers.ts";
import { base64, type Headers, storedHeaders } from "./headers.ts";
import { type LeaderClock, matches, SimStream, type StoredMessage, type StreamConfig } from "./stream.ts";

/** A message on its way: a request, an answer, or one that the server sends by itself. */
export interface WireMessage {
  readonly subject: string;
  readonly headers: Headers;
  readonly data: Uint8Array;
  readonly reply?: string;
  /** Status line of the headers; 0 or missing = none. */
  readonly code?: number;
  readonly description?: string;
}

/** What the server lives in. */
export interface Host {
  readonly clock: LeaderClock;
  /** Version that it shows. */
  readonly version: string;
  /** Sends a message to all who subscribe to its subject, or to `inbox` if that is where it has to go. */
  push(message: WireMessage, inbox?: string): void;
  /** Is told each subject under which a message was stored. */
  stored?(subject: string): void;
}

/** How a request meets the server. */
export interface Meeting {
  /** Another write to the subject is being replicated. */
  readonly inFlight?: boolean;
}

const API = "$JS.API.";
const EMPTY: WireMessage = { subject: "", headers: [], data: new Uint8Array() };
const encoder = new TextEncoder();
const decoder = new TextDecoder();

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

  /** Carries a request out; `null` if nobody serves its subject. */
  handle({ subject, headers, data }: WireMessage, { inFlight = false }: Meeting = {}): WireMessage | null {
    if (subject.startsWith(API)) return this.#api(subject.slice(API.length), data);
    const stream = [...this.streams.values()].find((each) => each.takes(subject));
    if (stream === undefined) return null;
    const stored = stream.publish({ subject, headers, data }, inFlight);
    const { name } = stream.config;
    if (isApiError(stored)) return json({ error: stored, stream: name, seq: 0 });
    return json({ stream: name, seq: stored.seq });
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

  /** Deletes a stream and its consumers. */
  delete(name: string): void {
    this.streams.delete(name);
    this.#consumers.dropStream(name);
  }

  #api(verb: string, data: Uint8Array): WireMessage | null {
    const [area = "", action = "", name = "", ...rest] = verb.split(".");
    if (area === "DIRECT") return this.#direct(action === "GET" ? name : "", rest.join("."), data);
    if (area === "STREAM" && action === "CREATE") return this.#createFor(name, data);
    const [target, detail] = area === "STREAM" && action === "MSG" ? [rest[0] ?? "", name] : [name, ""];
    const stream = this.streams.get(target);
    if (stream === undefined) return refused(API_ERRORS.streamNotFound);
    switch (`${area}.${action}.${detail}`) {
      case "STREAM.INFO.":
        return json(this.#info(stream));
      case "STREAM.DELETE.":
        this.delete(target);
        return json({ success: true });
      case "STREAM.MSG.GET":
        return this.#get(stream, parse(data));
      case "CONSUMER.CREATE.":
        return json(this.#consumers.create(stream, parse(data)));
      case "CONSUMER.DELETE.":
        return this.#consumers.delete(target, rest[0] ?? "")
          ? json({ success: true })
          : refused(API_ERRORS.consumerNotFound);
      default:
        return null;
    }
  }

  #createFor(name: string, data: Uint8Array): WireMessage {
    const existing = this.streams.get(name);
    const config = parse(data);
    if (existing === undefined) return json({ ...this.#info(this.create({ ...config, name })), did_create: true });
    const isSame = Object.entries(config).every(([setting, value]) =>
      JSON.stringify(existing.config[setting]) === JSON.stringify(value)
    );
    return isSame ? json(this.#info(existing)) : refused(API_ERRORS.nameInUse);
  }

  #info(stream: SimStream): object {
    const messages = stream.messages();
    const state = {
      messages: messages.length,
      bytes: 0,
      first_seq: messages[0]?.seq ?? stream.last + 1,
      last_seq: stream.last,
    };
    const ts = timeOf(this.#host.clock.wall());
    return { config: stream.config, created: stream.created, state, ts, total: 0, offset: 0, limit: 0 };
  }

  #get(stream: SimStream, query: Query): WireMessage {
    const message = found(stream, query);
    if (message === null) return refused(API_ERRORS.noMessage);
    const { subject, seq, headers, data, time } = message;
    const hdrs = storedHeaders(headers);
    const shown = {
      subject,
      seq,
      ...(hdrs ? { hdrs } : {}),
      ...(data.length ? { data: base64(data) } : {}),
      time: timeOf(time),
    };
    return json({ message: shown });
  }

  #direct(name: string, subject: string, data: Uint8Array): WireMessage | null {
    const stream = this.streams.get(name);
    if (stream === undefined) return null;
    const message = found(stream, subject === "" ? parse(data) : { last_by_subj: subject });
    if (message === null) return { ...EMPTY, code: 404, description: "Message Not Found" };
    const about: Headers = [
      ["Nats-Stream", name],
      ["Nats-Subject", message.subject],
      ["Nats-Sequence", String(message.seq)],
      ["Nats-Time-Stamp", timeOf(message.time)],
    ];
    return { ...EMPTY, headers: [...message.headers, ...about], data: message.data };
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

/** How a message is asked for. */
type Query = Readonly<{ last_by_subj?: string; seq?: number; next_by_subj?: string } & Record<string, unknown>>;

function found(stream: SimStream, { last_by_subj: last, seq = 0, next_by_subj: next }: Query): StoredMessage | null {
  if (last !== undefined) return stream.messages().findLast(({ subject }) => matches(last, subject)) ?? null;
  if (next === undefined) return stream.at(seq);
  return stream.messages().find((message) => message.seq >= seq && matches(next, message.subject)) ?? null;
}

// deno-lint-ignore no-explicit-any
function parse(data: Uint8Array): any {
  return data.length === 0 ? {} : JSON.parse(decoder.decode(data));
}

function json(value: object): WireMessage {
  return { ...EMPTY, data: encoder.encode(JSON.stringify(value)) };
}

function refused(error: ApiError): WireMessage {
  return json({ error });
}

/** A time as the server writes it, in nanoseconds. */
function timeOf(ms: number, nanos = 0): string {
  return new Date(Math.floor(ms)).toISOString().replace("Z", `${String(nanos).padStart(6, "0")}Z`);
}
