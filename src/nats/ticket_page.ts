/** One page of a scan: the answer to a batched direct get, which consists of several messages. */

import type { Msg } from "@nats-io/nats-core";
import { ConnectionError } from "../base/errors.ts";
import { filterOf } from "../store/filter.ts";
import { type KeyState, type StoredRecord, wholeNumber, withoutThrowing } from "../store/record.ts";
import { decodeTicket } from "../store/ticket.ts";
import type { StoredEntry } from "../store/ticket_store.ts";

/** The bucket that is scanned. */
export interface ScannedBucket {
  readonly stream: string;
  /** Returns the subject of a key. */
  subject(key: string): string;
  /** Returns what a stored message means in this bucket. */
  decode(stored: StoredRecord): KeyState;
}

/** What a page is asked for. */
export interface PageRequest {
  readonly filter: string;
  /** Lowest revision of the page. */
  readonly from: number;
  /** The page is complete when this revision is reached. */
  readonly upTo: number;
  /** True for the first page of a scan: no batch behind it may be empty. */
  readonly isFirst: boolean;
  /** False if one message was asked for, without a batch. */
  readonly isBatch: boolean;
}

/** A stored message whose subject and time are known. */
export interface Found extends StoredRecord {
  readonly subject: string;
  readonly storedAt: number;
}

/** Status codes of the server that end an answer: the batch is complete; there are no such messages. */
const END_OF_BATCH = 204;
const NOT_FOUND = 404;

/** Returns a stored message as an entry; `null` if it cannot be one of the filter. */
export function entryOf(bucket: ScannedBucket, filter: string, found: Found): StoredEntry | null {
  const { subject, storedAt, revision, header } = found;
  const prefix = bucket.subject("");
  const key = subject.slice(prefix.length);
  if (!subject.startsWith(prefix) || !filterOf(filter)(key) || Number.isNaN(storedAt)) return null;
  const keyState = bucket.decode(found);
  const ticket = keyState.kind === "held" ? decodeTicket(keyState.record.holder, withoutThrowing(header)) : null;
  return { key, revision, storedAt, keyState, ticket };
}

/** Returns the headers of a message; `undefined` if it has none, or malformed ones, on which the client throws. */
function headersOf(message: Msg): Msg["headers"] {
  try {
    return message.headers;
  } catch {
    return undefined;
  }
}

/** Returns the error of an answer in which something is missing, or that is not about what was asked. */
export function incomplete(filter: string): ConnectionError {
  return new ConnectionError("unavailable", `Cannot read "${filter}": the answer of a replica is incomplete`);
}

/**
 * Takes the messages of one answer. It is complete only if the server says so: a message less would hide a ticket.
 *
 * The server names in each message of a batch the one before it in the same answer. The last message has no content. It
 * names how many messages come after this page. The name of the stream tells a mirror from the bucket: a mirror has other
 * ages.
 */
export class TicketPage {
  /** The messages so far. */
  readonly entries: StoredEntry[] = [];
  readonly #bucket: ScannedBucket;
  readonly #request: PageRequest;
  #last = 0;
  #isLast = false;

  constructor(bucket: ScannedBucket, request: PageRequest) {
    this.#bucket = bucket;
    this.#request = request;
  }

  /** True if the scan ends with this page. */
  get isLast(): boolean {
    return this.#isLast;
  }

  /**
   * Takes the next message. Returns true if the page is complete.
   * @throws if the answer is not what was asked for
   */
  take(message: Msg): boolean {
    const [headers, value] = [headersOf(message), message.data];
    const header = (name: string) => headers?.get(name);
    // A writer can send headers with these names as well, and a status. The server appends its own, so the last count.
    const said = (name: string) => headers?.last(`Nats-${name}`) ?? "";
    const before = wholeNumber(said("Last-Sequence"));
    if (said("Sequence") === "") return this.#end(headers ?? {}, before, wholeNumber(said("Num-Pending")));
    const revision = wholeNumber(said("Sequence"), Math.max(this.#last + 1, this.#request.from));
    const { filter, upTo, isBatch } = this.#request;
    // A single message does not name the one before it.
    const isNext = revision !== null && (!isBatch || before === this.#last) && said("Stream") === this.#bucket.stream;
    const storedAt = Date.parse(said("Time-Stamp"));
    const entry = isNext && entryOf(this.#bucket, filter, {
      ...{ revision, value, header, storedAt },
      subject: said("Subject"),
    });
    if (!entry) throw incomplete(filter);
    this.#last = entry.revision;
    if (entry.revision <= upTo) this.entries.push(entry);
    this.#isLast = entry.revision >= upTo;
    return this.#isLast || !isBatch;
  }

  #end(
    { code = 0, description = "" }: { readonly code?: number; readonly description?: string },
    before: number | null,
    pending: number | null,
  ): true {
    const { isFirst, isBatch } = this.#request;
    const isEmpty = code === NOT_FOUND && (isFirst || !isBatch) && this.#last === 0;
    const isComplete = code === END_OF_BATCH && this.#last > 0 && before === this.#last && pending !== null;
    if (!isEmpty && !isComplete) {
      if (code === END_OF_BATCH || code === NOT_FOUND || code === 0) throw incomplete(this.#request.filter);
      throw Object.assign(new Error(`the server answered "${code} ${description}"`), { code });
    }
    this.#isLast = isEmpty || pending === 0;
    return true;
  }
}
