/**
 * One JetStream stream with one message for each subject: what it stores, refuses and lets expire.
 *
 * @module
 */

import { API_ERRORS, type ApiError, rollupInvalid, wrongSequence } from "./api_errors.ts";
import type { Headers } from "./headers.ts";

/** The settings of a stream that the model knows; a server has more. */
export interface StreamConfig {
  readonly name: string;
  readonly subjects: readonly string[];
  readonly num_replicas: number;
  /** Nanoseconds; 0 = messages do not expire. */
  readonly max_age: number;
  readonly max_msgs_per_subject: number;
  readonly allow_msg_ttl: boolean;
  readonly allow_rollup_hdrs: boolean;
  readonly allow_direct: boolean;
  readonly republish?: { readonly src: string; readonly dest: string } | undefined;
  readonly [setting: string]: unknown;
}

/** A message that is stored. Times are milliseconds. */
export interface StoredMessage {
  readonly seq: number;
  readonly subject: string;
  readonly headers: Headers;
  readonly data: Uint8Array;
  /** When it was stored, by the wall clock of the leader. */
  readonly time: number;
  /** From when it is gone, by the leader's clock. */
  readonly goneAt: number;
  /** Sequence of the message before it on its subject; 0 = there was none. */
  readonly previous: number;
  /** How long it is kept, in milliseconds, without the delay of the removal. */
  readonly length: number;
}

/** What a client publishes. */
export interface Publication {
  readonly subject: string;
  readonly headers: Headers;
  readonly data: Uint8Array;
}

/** The leader's clock, and how late it removes what has expired. */
export interface LeaderClock {
  now(): number;
  wall(): number;
  lag(): number;
}

const NANOS = 1_000_000;

/** One stream. */
export class SimStream {
  readonly config: StreamConfig;
  /** When it was created, as the server writes it. */
  readonly created: string;
  /** Sequence of the newest message that was ever stored. */
  last = 0;
  readonly #clock: LeaderClock;
  readonly #messages = new Map<string, StoredMessage>();
  /** Is told each message that is stored. */
  readonly #stored: (message: StoredMessage) => void;

  constructor(
    config: StreamConfig,
    created: string,
    host: { clock: LeaderClock; stored: (message: StoredMessage) => void },
  ) {
    this.config = config;
    this.created = created;
    this.#clock = host.clock;
    this.#stored = host.stored;
  }

  /** True if it stores messages of this subject. */
  takes(subject: string): boolean {
    return this.config.subjects.some((pattern) => matches(pattern, subject));
  }

  /** The message of a subject; `null` if there is none or it has expired. */
  lastOf(subject: string): StoredMessage | null {
    const message = this.#messages.get(subject);
    if (message === undefined || this.#clock.now() < message.goneAt) return message ?? null;
    this.#messages.delete(subject);
    return null;
  }

  /** All messages, in order of sequence. */
  messages(): StoredMessage[] {
    const found = [...this.#messages.keys()].flatMap((subject) => this.lastOf(subject) ?? []);
    return found.sort((a, b) => a.seq - b.seq);
  }

  /** The message of a sequence. */
  at(seq: number): StoredMessage | null {
    return this.messages().find((message) => message.seq === seq) ?? null;
  }

  /** Stores a message, or says why not. `inFlight`: another write to the subject is being replicated. */
  publish({ subject, headers, data }: Publication, inFlight = false): StoredMessage | ApiError {
    const header = (name: string) => headers.find(([known]) => known === name)?.[1] ?? "";
    const stream = header("Nats-Expected-Stream");
    if (stream !== "" && stream !== this.config.name) return API_ERRORS.wrongStream;
    const text = header("Nats-TTL");
    const ttl = ttlOf(text);
    const { num_replicas: replicas, allow_msg_ttl: mayHaveTtl, allow_rollup_hdrs: mayRollUp } = this.config;
    // In this order, as servers check. Replicated streams check the length before the condition, single ones after it.
    if (text !== "" && !mayHaveTtl && (ttl !== null || replicas > 1)) return API_ERRORS.ttlDisabled;
    if (ttl === null && replicas > 1) return API_ERRORS.ttlInvalid;
    const refusal = this.#refusal(subject, header, inFlight);
    if (refusal !== null) return refusal;
    const rollup = header("Nats-Rollup");
    if (rollup !== "" && !mayRollUp) return API_ERRORS.rollupForbidden;
    if (!["", "sub", "all"].includes(rollup)) return rollupInvalid(rollup);
    if (ttl === null) return API_ERRORS.ttlInvalid;
    if (rollup === "all") this.#messages.clear();
    return this.store({ subject, headers, data }, ttl);
  }

  /** Stores a message without any condition; `ttl` in milliseconds. */
  store({ subject, headers, data }: Publication, ttl: number): StoredMessage {
    const maxAge = this.config.max_age > 0 ? this.config.max_age / NANOS : Infinity;
    const previous = this.lastOf(subject)?.seq ?? 0;
    const length = ttl === NEVER ? Infinity : Math.min(ttl, maxAge);
    const goneAt = this.#clock.now() + length + this.#clock.lag();
    const time = this.#clock.wall();
    const message: StoredMessage = { seq: ++this.last, subject, headers, data, time, goneAt, previous, length };
    this.#messages.set(subject, message);
    this.#stored(message);
    return message;
  }

  /** Removes what stands, as an administrator might. */
  clear(): void {
    this.#messages.clear();
  }

  /** Forgets all that was stored after a sequence, as servers that lose acknowledged writes do. */
  rollBack(seq: number): void {
    this.last = seq;
    for (const [subject, message] of this.#messages) if (message.seq > seq) this.#messages.delete(subject);
  }

  #refusal(subject: string, header: (name: string) => string, inFlight: boolean): ApiError | null {
    const whole = header("Nats-Expected-Last-Sequence");
    if (whole !== "" && Number(whole) !== this.last) return wrongSequence(this.last);
    const expected = header("Nats-Expected-Last-Subject-Sequence");
    if (expected === "") return null;
    const of = header("Nats-Expected-Last-Subject-Sequence-Subject") || subject;
    if (inFlight && this.config.num_replicas > 1) return API_ERRORS.inFlight;
    const stands = this.#lastOfAll(of);
    return Number(expected) === stands ? null : wrongSequence(stands);
  }

  #lastOfAll(pattern: string): number {
    if (!/[*>]/.test(pattern)) return this.lastOf(pattern)?.seq ?? 0;
    return this.messages().findLast(({ subject }) => matches(pattern, subject))?.seq ?? 0;
  }
}

/** A message that never expires, whatever `max_age` says, and one that has no length of its own. */
const NEVER = -1;
const NONE = Infinity;

/** The length that a header asks for, in milliseconds; `null` if it is not one that a server takes. */
function ttlOf(text: string): number | null {
  if (text === "") return NONE;
  if (text === "never") return NEVER;
  const ms = durationOf(text);
  return ms === null || ms < 1000 ? null : Math.floor(ms / 1000) * 1000;
}

/** Milliseconds of a duration as Go writes it, or of a number of seconds; `null` if it is neither. */
function durationOf(text: string): number | null {
  if (/^\d+$/.test(text)) return Number(text) * 1000;
  const units: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 };
  if (!/^(?:\d+(?:\.\d+)?(?:ms|s|m|h))+$/.test(text)) return null;
  return [...text.matchAll(/(\d+(?:\.\d+)?)(ms|s|m|h)/g)]
    .reduce((sum, [, number, unit = ""]) => sum + Number(number) * (units[unit] ?? 0), 0);
}

/** True if a subject matches a pattern with `*` and `>`. */
export function matches(pattern: string, subject: string): boolean {
  const [wanted, found] = [pattern.split("."), subject.split(".")];
  for (const [index, token] of wanted.entries()) {
    if (token === ">") return found.length > index;
    if (found[index] === undefined || (token !== "*" && token !== found[index])) return false;
  }
  return wanted.length === found.length;
}
