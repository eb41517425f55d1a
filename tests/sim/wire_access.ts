/**
 * One candidate's access to the bucket on a simulated JetStream: the shipped adapter, on a connection of its own.
 *
 * @module
 */

import { errors } from "@nats-io/nats-core";
import type { StoreRequest } from "../../src/memory/memory_link.ts";
import { KvStore } from "../../src/nats/kv_store.ts";
import { decodeRecord, type KeyState } from "../../src/store/record.ts";
import type { Access, Line } from "./access.ts";
import { SimConnection } from "./jetstream/connection.ts";
import type { JetStream } from "./jetstream/jetstream.ts";
import { matches } from "./jetstream/stream.ts";
import type { WireMessage } from "./jetstream/wire.ts";
import { answersTo, bodyOf, clientError, noResponders } from "./wire_answers.ts";

/** Names of the bucket and of what belongs to it. */
export const BUCKET = "locks";
export const STREAM = `KV_${BUCKET}`;
export const REPUBLISHED = `natslock.${BUCKET}.`;
export const VERSION = "2.15.1";

/** Subject of a key. */
export const subjectOf = (key: string): string => `$KV.${BUCKET}.${key}`;

/** The server's side. */
export interface WireHost {
  readonly server: JetStream;
  readonly republishes: boolean;
  /** What a replica that is behind shows; `null` if it is not behind. */
  stateOfReplica(): KeyState | null;
}

/** The access. */
export class WireAccess implements Access {
  readonly store: KvStore;
  readonly #host: WireHost;
  readonly #line: Line;
  readonly #connection: SimConnection;
  /** The watches that were begun and not ended. */
  readonly #watching = new Set<object>();

  constructor(host: WireHost, line: Line) {
    this.#host = host;
    this.#line = line;
    const request = (message: WireMessage, timeout: number) =>
      line.carry(this.#request(message, timeout), answersTo(message.subject, STREAM));
    // The adapter only sends requests.
    this.#connection = new SimConnection({ request, publish: () => {}, ping: () => line.ping() }, VERSION);
    const js = { nc: this.#connection.asNats };
    this.store = new KvStore({ bucket: BUCKET, stream: STREAM, js }, line.clock);
    const watch = this.store.watch.bind(this.store);
    this.store.watch = (key, listener) => {
      const watching = {};
      this.#watching.add(watching);
      const stop = watch(key, listener);
      return () => {
        this.#watching.delete(watching);
        stop();
      };
    };
  }

  get watches(): number {
    return this.#connection.subscriptions;
  }

  get unfed(): readonly string[] {
    const inboxes = this.#connection.subjects.filter((subject) => subject.startsWith("_INBOX"));
    if (inboxes.length === 0 && this.#watching.size > 0 && !this.#host.republishes) return ["none"];
    return inboxes.filter((inbox) => !this.#host.server.feeds(inbox));
  }

  gap(): void {
    this.#connection.tellStatus("reconnect");
  }

  tell(keyState: KeyState): void {
    const { headers, data } = bodyOf(keyState);
    const { revision } = keyState;
    const about = [
      ["Nats-Stream", STREAM],
      ["Nats-Subject", subjectOf("leader")],
      ["Nats-Sequence", String(revision)],
      ["Nats-Last-Sequence", String(Math.max(0, revision - 1))],
    ] as const;
    this.#connection.deliver({ subject: `${REPUBLISHED}leader`, headers: [...headers, ...about], data });
  }

  close(): void {
    void this.#connection.close();
  }

  /** The server sends a message. */
  receive(message: WireMessage, inbox?: string): void {
    if (!this.#connection.listens(inbox ?? message.subject)) return;
    const header = (name: string) => message.headers.findLast(([known]) => known === name)?.[1];
    const revision = Number(header("Nats-Sequence") ?? NaN);
    const keyState = revision > 0 ? decodeRecord({ revision, value: message.data, header }) : null;
    this.#line.push({ keyState, send: () => this.#connection.deliver(message, inbox) });
  }

  /** A request of the client, as the line carries it. */
  #request(message: WireMessage, within: number): StoreRequest<WireMessage> {
    const { subject } = message;
    const perform = () => {
      const old = subject.includes(".DIRECT.") ? this.#host.stateOfReplica() : null;
      const answer = old === null ? this.#host.server.handle(message) : answersTo(subject, STREAM).seen(old);
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
}

function kindOf({ subject, headers }: WireMessage): StoreRequest<WireMessage>["kind"] {
  if (matches("$JS.API.STREAM.MSG.>", subject) || matches("$JS.API.DIRECT.>", subject)) return "read";
  if (subject.startsWith("$JS.API.")) return "settings";
  return headers.some(([name]) => name === "KV-Operation") ? "remove" : "write";
}
