/**
 * An object of the shape of a NATS connection, so that the client's own JetStream code runs on a simulated server.
 *
 * @module
 */

import type { Msg, MsgHdrs, NatsConnection } from "@nats-io/nats-core";
import { hdrsOf, type Headers, pairsOf } from "./headers.ts";
import { matches } from "./stream.ts";
import type { WireMessage } from "./wire.ts";

/** What carries messages between a client and the server. */
export interface Line {
  /** Sends a request; rejects with what the client of a real connection would reject with. */
  request(message: WireMessage, timeout: number): Promise<WireMessage>;
  /** Sends a message. Answers go to the subscription of its reply subject, if it has one. */
  publish(message: WireMessage): void;
  /** Resolves once the server has answered a ping; never while it is unreachable. */
  ping(): Promise<void>;
}

interface RequestOptions {
  readonly timeout?: number;
  readonly headers?: MsgHdrs;
}

interface PublishOptions {
  readonly reply?: string;
  readonly headers?: MsgHdrs;
}

interface Subscription {
  readonly subject: string;
  readonly end: () => void;
  readonly callback: (error: Error | null, message: Msg) => void;
}

interface Status {
  readonly type: string;
}

/** Longest wait for an answer where the caller names none, in milliseconds. */
const DEFAULT_TIMEOUT = 5000;

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** One client's connection. */
export class SimConnection {
  readonly options: { readonly inboxPrefix: string } = { inboxPrefix: "_INBOX" };
  /** What the client may do with a server of this version: the newest. */
  readonly features: { get(): object; require(): void } = {
    get: () => ({ ok: true, min: "0.0.0" }),
    require: () => {},
  };
  readonly info: { readonly version: string };
  readonly #line: Line;
  readonly #subscriptions = new Set<Subscription>();
  readonly #statuses = new Set<(status: Status | null) => void>();
  #isClosed = false;

  constructor(line: Line, version: string) {
    this.#line = line;
    this.info = { version };
  }

  /** The same object, as the client's code takes it. */
  get asNats(): NatsConnection {
    return this as unknown as NatsConnection;
  }

  /** The subjects that are subscribed to. */
  get subjects(): string[] {
    return [...this.#subscriptions].map(({ subject }) => subject);
  }

  /** How many subscriptions are open: 0 when nothing was left behind. */
  get subscriptions(): number {
    return this.#subscriptions.size;
  }

  async request(subject: string, payload: Uint8Array | string | null = "", options: RequestOptions = {}): Promise<Msg> {
    const message = wireOf(subject, payload, options);
    return msgOf(await this.#line.request(message, options.timeout ?? DEFAULT_TIMEOUT));
  }

  subscribe(subject: string, { callback }: Pick<Subscription, "callback">): object {
    const ended = Promise.withResolvers<void>();
    const subscription: Subscription = { subject, callback, end: () => ended.resolve() };
    this.#subscriptions.add(subscription);
    const unsubscribe = () => {
      this.#subscriptions.delete(subscription);
      ended.resolve();
    };
    return { unsubscribe, getSubject: () => subject, closed: ended.promise };
  }

  /** True if a subscription takes messages of this subject. */
  listens(subject: string): boolean {
    return [...this.#subscriptions].some((each) => matches(each.subject, subject));
  }

  publish(subject: string, payload: Uint8Array | string | null = "", options: PublishOptions = {}): void {
    const { reply } = options;
    this.#line.publish({ ...wireOf(subject, payload, options), ...(reply === undefined ? {} : { reply }) });
  }

  flush(): Promise<void> {
    return this.#line.ping();
  }

  isClosed(): boolean {
    return this.#isClosed;
  }

  status(): AsyncIterable<Status> & { stop(): void } {
    const queue: (Status | null)[] = [];
    let wake = () => {};
    const listener = (status: Status | null) => {
      queue.push(status);
      wake();
    };
    this.#statuses.add(listener);
    const statuses = this.#statuses;
    return {
      stop: () => listener(null),
      async *[Symbol.asyncIterator]() {
        for (;;) {
          while (queue.length === 0) await new Promise<void>((resolve) => wake = resolve);
          const next = queue.shift() ?? null;
          if (next === null) return void statuses.delete(listener);
          yield next;
        }
      },
    };
  }

  close(): Promise<void> {
    this.#isClosed = true;
    for (const { end } of this.#subscriptions) end();
    this.#subscriptions.clear();
    this.tellStatus(null);
    return Promise.resolve();
  }

  /** Tells those who follow the connection's status; `null` ends it. */
  tellStatus(type: string | null): void {
    for (const listener of [...this.#statuses]) listener(type === null ? null : { type });
  }

  /** The server sends a message. `inbox`: the subscription that it is for, if its own subject is another. */
  deliver(message: WireMessage, inbox = message.subject): void {
    for (const { subject, callback } of [...this.#subscriptions]) {
      if (matches(subject, inbox)) callback(null, msgOf(message));
    }
  }
}

function wireOf(subject: string, payload: Uint8Array | string | null, options: PublishOptions): WireMessage {
  const data = typeof payload === "string" ? encoder.encode(payload) : payload ?? new Uint8Array();
  return { subject, data, headers: pairsOf(options.headers) };
}

function msgOf({ subject, headers, data, reply, code = 0, description = "" }: WireMessage): Msg {
  const text = () => decoder.decode(data);
  const message = { subject, data, reply, respond: () => false, string: text, json: () => JSON.parse(text()) };
  const hdrs = headers.length > 0 || code > 0 ? hdrsOf(headers as Headers, code, description) : undefined;
  return { ...message, ...(hdrs === undefined ? {} : { headers: hdrs }) } as unknown as Msg;
}
