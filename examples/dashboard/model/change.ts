/** A change of one lock, as the page receives it. */

import { decodeRecord, type KeyState, type StoredRecord, withoutThrowing } from "../../../src/store/record.ts";
import { decodeTicket, type Ticket } from "../../../src/store/ticket.ts";

/** A record as the server stored it. */
export interface Change {
  /** Key of the lock. */
  readonly key: string;
  /** What the record says. */
  readonly keyState: KeyState;
  /** When it was stored: milliseconds since the Unix epoch by the server's clock. */
  readonly at: number;
  /** Revision of the key's previous record by the server's word, 0 for none; `null` if this record was not pushed. */
  readonly previous: number | null;
  /** The request that it is, in a bucket for queues; missing or `null` if it is none, or cannot be read. */
  readonly ticket?: Ticket | null;
}

/** A message with the server's headers, pushed or read. */
export interface ServerMessage {
  readonly data: Uint8Array;
  /** First value of a header: what the writer sent. */
  readonly header: StoredRecord["header"];
  /** Last value of a header: what the server added. */
  readonly said: (name: string) => string | undefined;
}

/** Decodes a message of a bucket; `null` if it is not from the bucket's stream, such as a forged one. */
export function changeOf(bucket: string, message: ServerMessage, pushed: boolean): Change | null {
  const { data, header, said } = message;
  const prefix = `$KV.${bucket}.`;
  const subject = said("Nats-Subject") ?? "";
  const revision = Number(said("Nats-Sequence"));
  const at = serverTime(said("Nats-Time-Stamp") ?? "");
  if (said("Nats-Stream") !== `KV_${bucket}` || !subject.startsWith(prefix)) return null;
  if (!Number.isSafeInteger(revision) || revision < 1 || Number.isNaN(at)) return null;
  const previous = pushed ? Number(said("Nats-Last-Sequence")) : null;
  const keyState = decodeRecord({ revision, value: data, header });
  const ticket = keyState.kind === "held" ? decodeTicket(keyState.record.holder, withoutThrowing(header)) : null;
  return { key: subject.slice(prefix.length), keyState, at, previous, ticket };
}

/** Milliseconds since the Unix epoch. The stamp has nanoseconds, which `Date` may not understand. */
function serverTime(stamp: string): number {
  return Date.parse(stamp.replace(/(\.\d{3})\d+/, "$1"));
}
