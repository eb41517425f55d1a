/**
 * Reads of stored messages: by the stream's leader, and directly by any replica.
 *
 * @module
 */

import { API_ERRORS } from "./api_errors.ts";
import { base64, type Headers, storedHeaders } from "./headers.ts";
import { matches, type SimStream, type StoredMessage } from "./stream.ts";
import { json, parse, refused, status, timeOf, type WireMessage } from "./wire.ts";

/** How a message is asked for. */
interface Query {
  readonly last_by_subj?: string;
  readonly seq?: number;
  readonly next_by_subj?: string;
  /** How many messages at most. Only direct reads have it. */
  readonly batch?: number;
}

/** What the model can read by. A server can do more. */
const KNOWN: readonly string[] = ["last_by_subj", "seq", "next_by_subj", "batch"] satisfies (keyof Query)[];

/** The answer to STREAM.MSG.GET. */
export function readByLeader(stream: SimStream, data: Uint8Array): WireMessage {
  const query = queryOf(data);
  if (query.batch || isEmpty(query) || isContradictory(query)) return refused(API_ERRORS.badRequest);
  const message = found(stream, query);
  if (message === null) return refused(API_ERRORS.noMessage);
  const { subject, seq, headers, data: body, time } = message;
  const hdrs = storedHeaders(headers);
  const shown = { ...(hdrs ? { hdrs } : {}), ...(body.length ? { data: base64(body) } : {}), time: timeOf(time) };
  return json({ message: { subject, seq, ...shown } });
}

/** The answers to DIRECT.GET; `subject`: the last message of this subject, which no body has to ask for. */
export function readDirectly(
  stream: SimStream,
  { subject, data, version }: { readonly subject: string; readonly data: Uint8Array; readonly version: string },
): readonly WireMessage[] {
  const query = subject === "" ? queryOf(data) : { last_by_subj: subject };
  if (isEmpty(query)) return [status(408, "Empty Request")];
  if (isContradictory(query)) return [status(408, "Bad Request")];
  if (query.batch) return batchOf(stream, query, version);
  const message = found(stream, query);
  return [message === null ? status(404, "Message Not Found") : direct(stream, message)];
}

/** Some messages in order of sequence, and a status line that ends them. */
function batchOf(stream: SimStream, query: Query, version: string): readonly WireMessage[] {
  const all = stream.messages().filter((message) => isNext(query, message));
  if (all.length === 0) return [status(404, "Message Not Found")];
  const sent = all.slice(0, query.batch);
  // Until 2.11 the messages count themselves as pending.
  const self = /^2\.(?:\d|10|11)\./.test(version) ? 1 : 0;
  const about = (pending: number, previous: number): Headers => [
    ["Nats-Num-Pending", String(pending)],
    ["Nats-Last-Sequence", String(previous)],
  ];
  const messages = sent.map((message, index) => {
    const one = direct(stream, message);
    return { ...one, headers: [...one.headers, ...about(all.length - index - 1 + self, sent[index - 1]?.seq ?? 0)] };
  });
  return [...messages, status(204, "EOB", about(all.length - sent.length, sent.at(-1)?.seq ?? 0))];
}

function direct({ config: { name } }: SimStream, { headers, subject, seq, time, data }: StoredMessage): WireMessage {
  const about: Headers = [
    ["Nats-Stream", name],
    ["Nats-Subject", subject],
    ["Nats-Sequence", String(seq)],
    ["Nats-Time-Stamp", timeOf(time)],
  ];
  return { subject: "", headers: [...headers, ...about], data };
}

function found(stream: SimStream, query: Query): StoredMessage | null {
  const { last_by_subj: last, seq = 0, next_by_subj: next } = query;
  if (last !== undefined) return stream.messages().findLast(({ subject }) => matches(last, subject)) ?? null;
  if (next === undefined) return stream.at(seq);
  return stream.messages().find((message) => isNext(query, message)) ?? null;
}

/** True for a message that a batch, or a read of the next message, may begin with. */
function isNext({ seq = 0, next_by_subj: next = ">" }: Query, message: StoredMessage): boolean {
  return message.seq >= seq && matches(next, message.subject);
}

function queryOf(data: Uint8Array): Query {
  const query = parse<Query>(data);
  const unknown = Object.keys(query).find((name) => !KNOWN.includes(name));
  if (unknown === undefined) return query;
  throw new Error(`The model cannot read by "${unknown}"`);
}

function isEmpty({ seq = 0, last_by_subj: last = "", next_by_subj: next = "" }: Query): boolean {
  return seq === 0 && last === "" && next === "";
}

function isContradictory({ seq = 0, last_by_subj: last = "", next_by_subj: next = "", batch = 0 }: Query): boolean {
  return last !== "" && (seq > 0 || next !== "" || batch > 0);
}
