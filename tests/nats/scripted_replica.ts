/**
 * A connection to a replica that answers batched direct gets by a script.
 *
 * @module
 */

import { headers, type Msg, type MsgHdrs } from "@nats-io/nats-core";
import { KvStore } from "../../src/nats/kv_store.ts";
import { KvTickets } from "../../src/nats/kv_tickets.ts";
import { encodeTicket } from "../../src/store/ticket.ts";
import { TICKET } from "../helpers/ticket_lab.ts";

/** An answer, or an error of the subscription. */
export type Answer = Partial<Pick<Msg, "data" | "headers">> | Error;

/** What was asked for. */
export interface Asked {
  readonly seq: number;
  readonly next_by_subj: string;
  /** Absent if one message was asked for. */
  readonly batch?: number;
}

/** Returns the answers to one request; `page` counts from 0. */
export type Script = (asked: Asked, page: number) => readonly Answer[];

type Callback = (error: Error | null, message: Msg) => void;

/** Headers to change in an answer; an empty text removes one. */
type Changes = Readonly<Record<string, string>>;

/** A status as the server sends it; `null` in a message without one. */
type Status = readonly [code: number, description: string] | null;

function headersOf(status: Status, all: readonly (readonly [name: string, value: string])[]): MsgHdrs {
  const head = status === null ? headers() : headers(...status);
  for (const [name, value] of all) if (value !== "") head.append(name, value);
  return head;
}

/** What its writer stored with a ticket. */
interface Stored {
  readonly headers?: Changes;
  readonly status?: Status;
}

/** A stored ticket as the server sends it in a batch. `before` is the revision of the message before it. */
export function ticketAt(
  revision: number,
  before: number,
  { changes = {}, stored = {} }: { readonly changes?: Changes; readonly stored?: Stored } = {},
): Answer {
  const about = {
    "Nats-Stream": "KV_queues",
    "Nats-Subject": `$KV.queues.=q.a.s.${revision}`,
    "Nats-Sequence": `${revision}`,
    "Nats-Time-Stamp": "2026-01-02T03:04:05.678901234Z",
    "Nats-Num-Pending": "0",
    "Nats-Last-Sequence": `${before}`,
  };
  // The server appends its own headers to those of the writer.
  const written = [...encodeTicket(TICKET), ...Object.entries(stored.headers ?? {})];
  const all = headersOf(stored.status ?? null, [...written, ...Object.entries({ ...about, ...changes })]);
  return { data: new TextEncoder().encode(TICKET.session), headers: all };
}

/** The end of a batch whose last message is `last`, while `pending` more come after it. */
export function endAt(last: number, pending: number, changes: Changes = {}): Answer {
  return statusOf(204, "EOB", { "Nats-Num-Pending": `${pending}`, "Nats-Last-Sequence": `${last}`, ...changes });
}

/** A status without content. */
export function statusOf(code: number, description: string, all: Changes = {}): Answer {
  return { headers: headersOf([code, description], Object.entries(all)) };
}

/** A message whose headers the client cannot parse: it throws when they are used. */
export const MALFORMED: Answer = Object.defineProperty({ data: new Uint8Array() }, "headers", {
  get: () => {
    throw new Error("invalid header");
  },
});

/** Answers by a script. Other requests are never answered. */
export class ScriptedReplica {
  /** All requests so far. */
  readonly asked: Asked[] = [];
  /** Error that publishing throws. */
  broken: Error | null = null;
  readonly store: KvTickets;
  readonly #script: Script;
  readonly #subscriptions = new Map<string, Callback>();

  constructor(script: Script) {
    this.#script = script;
    const request = () => Promise.reject(Object.assign(new Error("timeout"), { name: "TimeoutError" }));
    const nc = {
      options: { inboxPrefix: "_INBOX" },
      info: { version: "2.15.1" },
      isClosed: () => false,
      flush: () => Promise.resolve(),
      request,
      subscribe: (subject: string, { callback }: { callback: Callback }) => {
        this.#subscriptions.set(subject, callback);
        return { closed: new Promise(() => {}), unsubscribe: () => this.#subscriptions.delete(subject) };
      },
      publish: (_: string, payload: string, { reply }: { reply: string }) => this.#answer(JSON.parse(payload), reply),
    };
    this.store = new KvTickets(new KvStore({ bucket: "queues", stream: "KV_queues", js: { nc: nc as never } }));
  }

  /** Number of open subscriptions: 0 if nothing was left behind. */
  get subscriptions(): number {
    return this.#subscriptions.size;
  }

  #answer(asked: Asked, reply: string): void {
    if (this.broken !== null) throw this.broken;
    const answers = this.#script(asked, this.asked.push(asked) - 1);
    const [[subject, callback] = []] = [...this.#subscriptions];
    for (const answer of answers) {
      queueMicrotask(() => {
        const isError = answer instanceof Error;
        if (isError && subject !== undefined) this.#subscriptions.delete(subject);
        const message = isError ? {} : Object.defineProperties({ data: new Uint8Array(), subject: reply }, {
          ...Object.getOwnPropertyDescriptors(answer),
        });
        callback?.(isError ? answer : null, message as Msg);
      });
    }
  }
}
