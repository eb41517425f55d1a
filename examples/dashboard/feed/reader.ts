/** Reads records of a bucket by direct get. This needs no consumer, and no right but to send the request. */

import { createInbox, type Msg, type NatsConnection } from "@nats-io/nats-core";
import { type Change, changeOf, type ServerMessage } from "../model/change.ts";

/** Nobody answers for the bucket: it does not exist, or it does not allow direct get. */
export class UnansweredError extends Error {
  override readonly name = "UnansweredError";
}

/** How many records one request asks for; the server allows 1,024. */
const PAGE = 1000;
const PATIENCE = 5000;
const STATUS = { notFound: 404, endOfBatch: 204, noResponders: 503 } as const;

/** Gives access to the headers that the server added to a message, and to those that the writer sent. */
export function serverMessage({ data, headers }: Msg): ServerMessage {
  return { data, header: (name) => headers?.get(name), said: (name) => headers?.last(name) };
}

/** Reads one key; `null` if there is no record. Needs the right to `$JS.API.DIRECT.GET.KV_<bucket>.$KV.<bucket>.>`. */
export async function look(nc: NatsConnection, bucket: string, key: string): Promise<Change | null> {
  const subject = `$JS.API.DIRECT.GET.KV_${bucket}.$KV.${bucket}.${key}`;
  const message = await nc.request(subject, "", { timeout: PATIENCE });
  const code = message.headers?.code ?? 0;
  if (code === STATUS.notFound) return null;
  const change = changeOf(bucket, serverMessage(message), false);
  if (code !== 0 || !change) throw new Error(`Cannot read key "${key}": ${message.headers?.description || code}`);
  return change;
}

/** The bucket that a list is read from, and the prefix of the reply subjects. */
export interface Source {
  readonly nc: NatsConnection;
  readonly bucket: string;
  readonly inboxPrefix: string;
}

/** Calls `found` with each record of the bucket. Needs the right to `$JS.API.DIRECT.GET.KV_<bucket>`. */
export async function list(source: Source, found: (change: Change) => void): Promise<void> {
  let pending = 1;
  for (let seq = 1; pending > 0;) {
    const page = await batch(source, seq);
    pending = 0;
    for (const message of page) {
      const { said } = serverMessage(message);
      seq = Number(said("Nats-Sequence")) + 1;
      pending = Number(said("Nats-Num-Pending") ?? 0);
      const change = changeOf(source.bucket, serverMessage(message), false);
      if (change) found(change);
    }
  }
}

/** Reads one page. A lock bucket keeps one revision of each key, so the next messages are the next keys. */
function batch({ nc, bucket, inboxPrefix }: Source, seq: number): Promise<Msg[]> {
  const { promise, resolve, reject } = Promise.withResolvers<Msg[]>();
  const messages: Msg[] = [];
  const inbox = createInbox(inboxPrefix);
  const subscription = nc.subscribe(inbox, {
    callback: (error, message) => {
      if (error) return reject(error);
      const code = message.headers?.code ?? 0;
      if (code === 0) return void messages.push(message);
      if (code === STATUS.endOfBatch || code === STATUS.notFound) return resolve(messages);
      const text = message.headers?.description ?? "";
      reject(code === STATUS.noResponders ? new UnansweredError(text) : new Error(`${code} ${text}`));
    },
  });
  const timer = setTimeout(() => reject(new Error(`No answer within ${PATIENCE} ms`)), PATIENCE);
  const body = JSON.stringify({ seq, batch: PAGE, next_by_subj: `$KV.${bucket}.>` });
  nc.publish(`$JS.API.DIRECT.GET.KV_${bucket}`, body, { reply: inbox });
  return promise.finally(() => {
    clearTimeout(timer);
    subscription.unsubscribe();
  });
}
