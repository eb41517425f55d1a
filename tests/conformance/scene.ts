/**
 * What a fixed sequence of requests needs: a stream of its own, requests, messages that arrive, and the lines to compare.
 *
 * @module
 */

import { createInbox, headers, type Msg, type MsgHdrs, RequestError, TimeoutError } from "@nats-io/nats-core";
import { configOf } from "./worlds.ts";
import { type Place, REPEATED } from "./player.ts";
import { KINDS } from "./script.ts";

/** Names and values of headers. */
export type Pairs = Readonly<Record<string, string>>;

/** What is read of an answer of the API; which fields it has depends on the request. */
export interface Answer {
  /** Name of the error, if nothing answered. */
  readonly failed?: string;
  readonly error?: { readonly code: number; readonly err_code: number; readonly description: string };
  readonly config?: Readonly<Record<string, unknown>>;
  readonly created?: string;
  readonly ts?: string;
  readonly state?: Readonly<Record<string, unknown>>;
  readonly did_create?: boolean;
  readonly success?: boolean;
  readonly seq?: number;
  readonly message?: Readonly<Record<string, unknown>>;
}

/** Messages that arrive on a subject. */
export interface Arrivals extends Disposable {
  readonly messages: readonly Msg[];
  /** Waits until so many messages have arrived, 5 s at most. */
  until(count: number): Promise<void>;
}

/** Longest wait for an answer or a message, in ms. */
const TIMEOUT = 5000;

/** After this time all replicas have what was stored, and what a server is about to send has arrived, in ms. */
const SETTLED = 300;
const CLUSTER_SETTLED = 1000;

const POLL = 10;
const RFC_3339 = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?Z$/;
const decoder = new TextDecoder();

/** The scene of one sequence. */
export class Scene {
  /** What the sequence led to. */
  readonly lines: string[] = [];
  readonly place: Place;
  readonly bucket: string;
  readonly stream: string;

  constructor(place: Place, bucket: string) {
    this.place = place;
    this.bucket = bucket;
    this.stream = `KV_${bucket}`;
  }

  /** The configuration of the sequence's stream. */
  get config(): Record<string, unknown> {
    const [own = { name: "own", maxAge: 0, msgTtl: true, rollups: true }] = KINDS;
    return configOf(own, this.bucket, this.place.replicas);
  }

  /** The subject of a key. */
  subject(key: string): string {
    return `$KV.${this.bucket}.${key}`;
  }

  /** Where the changes of the bucket are repeated. */
  get repeated(): string {
    return `${REPEATED}.${this.bucket}.>`;
  }

  /** Writes a line down. */
  note(what: string, found: unknown): void {
    this.lines.push(`${what} -> ${typeof found === "string" ? found : JSON.stringify(found)}`);
  }

  /** Waits until all replicas have what was stored and nothing is on its way. */
  async settle(): Promise<void> {
    await this.place.sleep(this.place.replicas > 1 ? CLUSTER_SETTLED : SETTLED);
    await this.place.nc.flush();
  }

  /** Sends a request. Returns the answer, or the name of the error. */
  async ask(subject: string, body: object | string | null, pairs: Pairs = {}): Promise<Msg | string> {
    const payload = typeof body === "string" ? body : body === null ? "" : JSON.stringify(body);
    const hdrs = hdrsOf(pairs);
    try {
      return await this.place.nc.request(subject, payload, { timeout: TIMEOUT, ...(hdrs ? { headers: hdrs } : {}) });
    } catch (error) {
      if (error instanceof TimeoutError) return "no answer";
      if (!(error instanceof RequestError)) throw error;
      return error.isNoResponders() ? "no responders" : error.message;
    }
  }

  /** Sends a request of the API. Returns the answer. */
  async api(verb: string, body: object | null = null): Promise<Answer> {
    const answer = await this.ask(`$JS.API.${verb}`, body);
    return typeof answer === "string" ? { failed: answer } : answer.json<Answer>();
  }

  /** Creates the sequence's stream. */
  async create(changes: Readonly<Record<string, unknown>> = {}): Promise<Answer> {
    return await this.api(`STREAM.CREATE.${this.stream}`, { ...this.config, ...changes });
  }

  /** Stores a message, or is refused. */
  async publish(key: string, value: string, pairs: Pairs = {}): Promise<Answer> {
    const answer = await this.ask(this.subject(key), value, pairs);
    return typeof answer === "string" ? { failed: answer } : answer.json<Answer>();
  }

  /** Sends a request whose answers may be many. Returns them as text when a status line has ended them. */
  async askMany(subject: string, body: object): Promise<string[]> {
    const inbox = createInbox();
    using arrivals = await this.listen(inbox);
    this.place.nc.publish(subject, JSON.stringify(body), { reply: inbox });
    const isEnded = () => arrivals.messages.some((message) => (message.headers?.code ?? 0) > 0);
    for (let count = 1; !isEnded() && arrivals.messages.length >= count - 1; count++) await arrivals.until(count);
    return arrivals.messages.map((message) => this.shown(message));
  }

  /** Subscribes to a subject. */
  async listen(subject: string): Promise<Arrivals> {
    const { nc, now, sleep } = this.place;
    const messages: Msg[] = [];
    const callback = (_: Error | null, message: Msg) => {
      // The time of a place has no timers, so the model sends no heartbeats here.
      if (message.headers?.code !== 100) messages.push(message);
    };
    const subscription = nc.subscribe(subject, { callback });
    await nc.flush();
    const until = async (count: number) => {
      for (const start = now(); messages.length < count && now() - start < TIMEOUT;) {
        await nc.flush();
        if (messages.length < count) await sleep(POLL);
      }
    };
    return { messages, until, [Symbol.dispose]: () => subscription.unsubscribe() };
  }

  /** A message as text: its status or its data, its headers, and where it stands in its stream and its consumer. */
  shown(message: Msg | string): string {
    if (typeof message === "string") return message;
    const { headers: hdrs, data } = message;
    // Newer servers also say which subject nobody serves.
    if (hdrs?.code === 503) return "no responders";
    const status = hdrs?.code ? `${hdrs.code} ${hdrs.description} ` : "";
    const pairs = hdrs?.keys().flatMap((name) => hdrs.values(name).map((value) => `${name}=${masked(value)}`)) ?? [];
    return `${status}${JSON.stringify(decoder.decode(data))} ${pairs.sort().join(",")}`;
  }
}

/** The error of an answer as text; what else it says if it is none. */
export function errorOf({ failed, error, seq, success, did_create }: Answer): string {
  if (failed !== undefined) return failed;
  if (error) return `error ${error.code} ${error.err_code} ${error.description}`;
  return JSON.stringify({ seq, success, did_create });
}

/** A text without what differs each time: times of the form that RFC 3339 says. */
export function masked(text: string | undefined): string {
  return text === undefined ? "nothing" : RFC_3339.test(text) ? "TIME" : text;
}

function hdrsOf(pairs: Pairs): MsgHdrs | undefined {
  const entries = Object.entries(pairs);
  if (entries.length === 0) return undefined;
  const made = headers();
  for (const [name, value] of entries) made.append(name, value);
  return made;
}
