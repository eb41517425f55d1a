/**
 * The bucket on a simulated JetStream, which candidates reach by the shipped NATS adapter and the client's own code.
 *
 * @module
 */

import { errors } from "@nats-io/nats-core";
import { KvStore } from "../../src/nats/kv_store.ts";
import type { StoreRequest } from "../../src/memory/memory_link.ts";
import { decodeRecord, type KeyState, type LeaseRecord } from "../../src/store/record.ts";
import type { Access, Line, SimBucket } from "./access.ts";
import type { Chance } from "./chance.ts";
import { SimConnection } from "./jetstream/connection.ts";
import { JetStream, type WireMessage } from "./jetstream/jetstream.ts";
import { EMPTY } from "./jetstream/wire.ts";
import {
  type LeaderClock,
  matches,
  type SimStream,
  type StoredMessage,
  type StreamConfig,
} from "./jetstream/stream.ts";
import { answersTo, bodyOf, clientError, contentOf, noResponders } from "./wire_answers.ts";

/** How the bucket is made. */
export interface WireBucketOptions {
  readonly clock: LeaderClock;
  readonly replicas: number;
  /** Lease length in ms. */
  readonly ttl: number;
  /** False for a bucket that is watched by a consumer. */
  readonly republishes: boolean;
  /** False for a bucket that takes no rollups. */
  readonly rollups: boolean;
  /** Chance of its own, so that a seed means the same in both worlds. */
  readonly chance: Chance;
  /** Calls back after so many milliseconds of true time. */
  later(ms: number, callback: () => void): () => void;
}

const VACANT: KeyState = { kind: "vacant", revision: 0 };
/** How long a release marker stays, in ms. */
const MARKER_TTL = 1000;

/** Replicas are behind the leader by up to this, in ms. */
const BEHIND = 1000;

const BUCKET = "locks";
const STREAM = `KV_${BUCKET}`;
const REPEATED = `natslock.${BUCKET}.`;
const VERSION = "2.15.1";

/** A bucket behind a simulated server. */
export class WireBucket implements SimBucket {
  readonly #server: JetStream;
  readonly #config: Partial<StreamConfig> & { readonly name: string };
  readonly #clients = new Set<(message: WireMessage, inbox?: string) => void>();
  /** What messages mean, since the oracle looks at them after each event. */
  readonly #states = new WeakMap<StoredMessage, KeyState>();
  readonly #options: WireBucketOptions;
  #before: KeyState = VACANT;
  #current: KeyState = VACANT;
  #changedAt = -Infinity;
  /** What is wrong with a message that a candidate stored; `null` if nothing is. */
  problem: string | null = null;
  #stream: SimStream;

  /** `changed` is called for each change of `key`. */
  constructor(options: WireBucketOptions, key: string, changed: (keyState: KeyState) => void) {
    const { clock, replicas, ttl, republishes, rollups, later } = options;
    this.#options = options;
    const src = `$KV.${BUCKET}.>`;
    this.#config = {
      ...{ name: STREAM, subjects: [src], num_replicas: replicas, max_age: ttl * 1_000_000, max_msgs_per_subject: 1 },
      ...{ discard: "new", allow_msg_ttl: true, allow_rollup_hdrs: rollups, allow_direct: true, deny_delete: true },
      ...(republishes ? { republish: { src, dest: `${REPEATED}>` } } : {}),
    };
    const push = (message: WireMessage, inbox?: string) => {
      for (const client of [...this.#clients]) client(message, inbox);
    };
    const stored = (subject: string) => {
      if (subject !== subjectOf(key)) return;
      this.problem ??= this.#lifetimeProblem(this.#stream.lastOf(subject));
      [this.#before, this.#current] = [this.#current, this.look(key)];
      this.#changedAt = clock.now();
      changed(this.#current);
    };
    this.#server = new JetStream({ clock, version: VERSION, push, stored, later });
    this.#stream = this.#server.create(this.#config);
  }

  get epoch(): string {
    return this.#stream.created;
  }

  look(key: string): KeyState {
    const message = this.#stream.lastOf(subjectOf(key));
    if (message === null) return VACANT;
    const known = this.#states.get(message);
    if (known !== undefined) return known;
    const { seq: revision, data: value, headers } = message;
    const state = decodeRecord({ revision, value, header: (name) => headers.find(([each]) => each === name)?.[1] });
    this.#states.set(message, state);
    return state;
  }

  put(key: string, content: LeaseRecord | "mark" | "foreign", ttl: number | null = null): void {
    this.#stream.store({ subject: subjectOf(key), ...contentOf(content) }, ttl ?? Infinity);
  }

  deleteBucket(): void {
    this.#server.delete(STREAM);
    this.#stream.clear();
  }

  recreateBucket(): void {
    this.deleteBucket();
    this.#stream = this.#server.create(this.#config);
  }

  rollBack(revision: number): void {
    this.#stream.rollBack(revision);
  }

  access(line: Line): Access {
    const connection: SimConnection = new SimConnection({
      request: (message, timeout) => line.carry(this.#request(message, timeout), answersTo(message.subject, STREAM)),
      // The adapter only sends requests.
      publish: () => {},
      ping: () => line.ping(),
    }, VERSION);
    const receive = (message: WireMessage, inbox?: string) => {
      if (!connection.listens(inbox ?? message.subject)) return;
      const send = () => connection.deliver(message, inbox);
      line.push({ keyState: this.#stateIn(message), send });
    };
    this.#clients.add(receive);
    const server = this.#server;
    const js = { nc: connection.asNats };
    const store = new KvStore(
      { bucket: BUCKET, stream: STREAM, js } as ConstructorParameters<typeof KvStore>[0],
      line.clock,
    );
    return {
      store,
      get watches() {
        return connection.subscriptions;
      },
      get unfed() {
        return connection.subjects.filter((subject) => subject.startsWith("_INBOX") && !server.feeds(subject));
      },
      gap: () => connection.tellStatus("reconnect"),
      tell: (keyState) => connection.deliver(this.#repeated(keyState)),
      close: () => void connection.close(),
    };
  }

  /** A record is kept as long as it says, and a release marker for a second: else a lock is free too late or early. */
  #lifetimeProblem(message: StoredMessage | null): string | null {
    const { headers = [], data = EMPTY.data, length = 0 } = message ?? {};
    const header = (name: string) => headers.find(([known]) => known === name)?.[1];
    if (data.length === 0) return length > MARKER_TTL ? `V2: a release marker is kept for ${length} ms` : null;
    const claimed = Number(header("Natslock-Ttl") ?? length);
    return length === claimed ? null : `V2: a record of ${claimed} ms is kept for ${length} ms`;
  }

  /** A request of the client, as the line carries it. */
  #request(message: WireMessage, within: number): StoreRequest<WireMessage> {
    const { subject } = message;
    const perform = () => {
      const old = subject.includes(".DIRECT.") ? this.#stateOfReplica() : null;
      if (old !== null) return answersTo(subject, STREAM).seen(old);
      const answer = this.#server.handle(message);
      if (answer === null) throw noResponders(subject);
      return answer;
    };
    const fail: StoreRequest<WireMessage>["fail"] = (error) => {
      throw clientError(error, subject);
    };
    const timeout = () => {
      throw new errors.TimeoutError();
    };
    return { kind: kindOf(message), key: "", within, perform, timeout, fail };
  }

  /** What a replica that is behind shows; `null` if it is not behind. */
  #stateOfReplica(): KeyState | null {
    const { chance, clock, replicas } = this.#options;
    const isBehind = replicas > 1 && clock.now() - this.#changedAt < BEHIND && chance.happens(0.5);
    return isBehind ? this.#before : null;
  }

  #stateIn({ headers, data }: WireMessage): KeyState | null {
    const header = (name: string) => headers.findLast(([known]) => known === name)?.[1];
    const revision = Number(header("Nats-Sequence") ?? NaN);
    return revision > 0 ? decodeRecord({ revision, value: data, header }) : null;
  }

  /** A republished message that shows this state. */
  #repeated(keyState: KeyState): WireMessage {
    const { headers, data } = bodyOf(keyState);
    const { revision } = keyState;
    const about = [
      ["Nats-Stream", STREAM],
      ["Nats-Subject", subjectOf("leader")],
      ["Nats-Sequence", String(revision)],
      ["Nats-Last-Sequence", String(Math.max(0, revision - 1))],
    ] as const;
    return { subject: `${REPEATED}leader`, headers: [...headers, ...about], data };
  }
}

const subjectOf = (key: string): string => `$KV.${BUCKET}.${key}`;

function kindOf({ subject, headers }: WireMessage): StoreRequest<WireMessage>["kind"] {
  if (matches("$JS.API.STREAM.MSG.>", subject) || matches("$JS.API.DIRECT.>", subject)) return "read";
  if (subject.startsWith("$JS.API.")) return "settings";
  return headers.some(([name]) => name === "KV-Operation") ? "remove" : "write";
}
