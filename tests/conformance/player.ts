/**
 * Plays a script on a connection and writes down what comes back, without what differs from server to server.
 *
 * @module
 */

import { headers, type Msg, type MsgHdrs, type NatsConnection, RequestError } from "@nats-io/nats-core";
import type { API_ERRORS } from "../sim/jetstream/api_errors.ts";
import { EXPIRED, type Publish, type Ref, type Script, type Step } from "./script.ts";

/** A server and a time. */
export interface Place {
  readonly nc: NatsConnection;
  readonly replicas: number;
  /** Lets time pass. */
  sleep(ms: number): Promise<void>;
  /** Milliseconds of the time that passes by itself. */
  now(): number;
}

/** Where a script is played. */
export interface Stage extends Place {
  /** Name of the bucket with the script's settings. */
  readonly bucket: string;
  /** What this script's keys begin with. */
  readonly prefix: string;
}

/** Where the server repeats the changes of a bucket. */
export const REPEATED = "repeated";

/** Longest wait for an answer, in ms. */
const TIMEOUT = 5000;

/** Steps between two waits have to take less than this, in ms: else something expires on the one server only. */
const TIMELY = 1200;

const decoder = new TextDecoder();

/** What a script led to, line by line; `null` if the server took too long to compare. */
export async function play(script: Script, stage: Stage): Promise<string[] | null> {
  const player = new Player(script, stage);
  return await player.play();
}

class Player {
  readonly #script: Script;
  readonly #stage: Stage;
  readonly #stored: number[] = [];
  readonly #last = new Map<string, number>();
  readonly #lines: string[] = [];
  readonly #pushes: { readonly seq: number; readonly line: string }[] = [];
  #began: number;

  constructor(script: Script, stage: Stage) {
    this.#script = script;
    this.#stage = stage;
    this.#began = stage.now();
  }

  async play(): Promise<string[] | null> {
    const { nc, bucket, prefix } = this.#stage;
    const callback = (_: Error | null, message: Msg) => this.#pushed(message);
    const subscription = nc.subscribe(`${REPEATED}.${bucket}.${prefix}.>`, { callback });
    await nc.flush();
    this.#began = this.#stage.now();
    try {
      for (const step of this.#script.steps) {
        if (step.step !== "expire") this.#lines.push(`${nameOf(step)} -> ${await this.#answer(step)}`);
        if (this.#stage.now() - this.#began > TIMELY) return null;
        if (step.step !== "expire") continue;
        await this.#stage.sleep(EXPIRED);
        this.#began = this.#stage.now();
      }
      await this.#untilPushed();
    } finally {
      subscription.unsubscribe();
    }
    return [...this.#lines, ...this.#pushes.map(({ line }) => `pushed ${line}`)];
  }

  /** Every message that was stored is pushed once. */
  async #untilPushed(): Promise<void> {
    for (let tries = 0; this.#pushes.length < this.#stored.length && tries < 20; tries++) await this.#stage.nc.flush();
  }

  #pushed({ data, headers }: Msg): void {
    const seq = Number(headers?.last("Nats-Sequence"));
    this.#pushes.push({ seq, line: `${this.#shown(headers)} ${JSON.stringify(decoder.decode(data))}` });
  }

  async #answer(step: Exclude<Step, { step: "expire" }>): Promise<string> {
    const { bucket, replicas } = this.#stage;
    const stream = `KV_${bucket}`;
    switch (step.step) {
      case "publish":
        return await this.#publish(step);
      case "last":
        return await this.#get(`$JS.API.STREAM.MSG.GET.${stream}`, { last_by_subj: this.#subject(step.key) });
      case "at":
        return await this.#get(`$JS.API.STREAM.MSG.GET.${stream}`, { seq: this.#own(step.seq) });
      case "next": {
        const query = { seq: this.#numberOf(step.seq), next_by_subj: this.#subject(step.key) };
        return await this.#get(`$JS.API.STREAM.MSG.GET.${stream}`, query);
      }
      // Any replica may answer, and one that is behind answers with what was.
      case "direct":
        return replicas > 1 ? "any" : await this.#direct(`${stream}.${this.#subject(step.key)}`, null);
      case "direct at":
        return replicas > 1 ? "any" : await this.#direct(stream, { seq: this.#own(step.seq) });
    }
  }

  async #publish({ key, value, expected, of, headers: given }: Publish): Promise<string> {
    const hdrs = headers();
    for (const [name, text] of given) {
      hdrs.append(name, name === "Nats-Expected-Stream" && text === "right" ? `KV_${this.#stage.bucket}` : text);
    }
    if (expected !== null) hdrs.set("Nats-Expected-Last-Subject-Sequence", String(this.#numberOf(expected)));
    if (of !== null) hdrs.set("Nats-Expected-Last-Subject-Sequence-Subject", this.#subject(of));
    const answer = await this.#ask(this.#subject(key), value, hdrs);
    if (typeof answer === "string") return answer;
    const { seq, error } = answer.json<{ seq?: number; error?: typeof API_ERRORS.inFlight }>();
    if (error) return this.#errorOf(error);
    const number = seq ?? 0;
    this.#stored.push(number);
    this.#last.set(key, number);
    return `stored ${this.#name(number)}`;
  }

  async #get(subject: string, query: object): Promise<string> {
    const answer = await this.#ask(subject, JSON.stringify(query));
    if (typeof answer === "string") return answer;
    const { message, error } = answer.json<{ message?: Stored; error?: typeof API_ERRORS.inFlight }>();
    if (error) return this.#errorOf(error);
    if (message === undefined) return "nothing";
    const { seq, hdrs = "", data = "" } = message;
    return `${this.#name(seq)} ${this.#shownText(atob(hdrs))} ${JSON.stringify(atob(data))}`;
  }

  async #direct(target: string, query: object | null): Promise<string> {
    const answer = await this.#ask(`$JS.API.DIRECT.GET.${target}`, query === null ? "" : JSON.stringify(query));
    if (typeof answer === "string") return answer;
    if (answer.headers?.code) return `${answer.headers.code} ${answer.headers.description}`;
    return `${this.#shown(answer.headers)} ${JSON.stringify(decoder.decode(answer.data))}`;
  }

  async #ask(subject: string, payload: string, hdrs?: MsgHdrs): Promise<Msg | string> {
    try {
      return await this.#stage.nc.request(subject, payload, { timeout: TIMEOUT, ...(hdrs ? { headers: hdrs } : {}) });
    } catch (error) {
      if (!(error instanceof RequestError)) throw error;
      const { name, cause } = error;
      return `${name}${cause instanceof Error ? ` of ${cause.name}` : ""}`;
    }
  }

  #errorOf({ code, err_code: number, description }: typeof API_ERRORS.inFlight): string {
    const shown = description.replace(/sequence: (\d+)/, (_, seq) => `sequence: ${this.#name(Number(seq))}`);
    return `error ${code} ${number} ${shown}`;
  }

  #subject(key: string): string {
    return `$KV.${this.#stage.bucket}.${this.#stage.prefix}.${key}`;
  }

  /** A message of this script, or a sequence that no message has: others store in the same stream. */
  #own(ref: Ref): number {
    return this.#numberOf(ref) || 1_000_000;
  }

  #numberOf(ref: Ref): number {
    if (ref.ref === "number") return ref.number;
    return (ref.ref === "last" ? this.#last.get(ref.key) : this.#stored.at(-1 - ref.ago)) ?? 0;
  }

  /** A sequence by its place among the messages of this script. */
  #name(seq: number): string {
    const index = this.#stored.indexOf(seq);
    return index >= 0
      ? `#${index + 1}`
      : seq === 0
      ? "0"
      : this.#stored.every((known) => known < seq)
      ? `#${this.#stored.length + 1}`
      : "?";
  }

  #shown(hdrs: MsgHdrs | undefined): string {
    return this.#shownPairs(hdrs?.keys().flatMap((name) => hdrs.values(name).map((value) => [name, value])) ?? []);
  }

  #shownText(text: string): string {
    return this.#shownPairs(text.split("\r\n").filter((line) => line.includes(": ")).map((line) => line.split(": ")));
  }

  #shownPairs(pairs: readonly string[][]): string {
    const { bucket, prefix } = this.#stage;
    return pairs.map(([name = "", value = ""]) => {
      if (name === "Nats-Time-Stamp") return name;
      const isSequence = /Sequence$/.test(name);
      const plain = value.replaceAll(bucket, "BUCKET").replaceAll(prefix, "PREFIX");
      return `${name}=${isSequence ? this.#name(Number(value)) : plain}`;
    }).sort().join(",");
  }
}

interface Stored {
  readonly seq: number;
  readonly hdrs?: string;
  readonly data?: string;
}

function nameOf(step: Step): string {
  return JSON.stringify(step);
}
