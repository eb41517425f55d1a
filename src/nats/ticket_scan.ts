/** Scans a bucket: reads all messages under a filter, from any replica or from the stream leader. */

import { ConnectionError } from "../base/errors.ts";
import { wait } from "../base/wait.ts";
import type { Way } from "./kv_store.ts";
import { toLockError } from "./nats_errors.ts";
import { Inbox } from "./subscription.ts";
import { entryOf, incomplete, type ScannedBucket, TicketPage } from "./ticket_page.ts";
import type { ScanOutcome, ScanRequest, StoredEntry } from "../store/ticket_store.ts";

/** How to reach the bucket. */
interface ScanWay extends Way {
  /** While it returns true, the subscription for answers stays between scans. */
  readonly isKept: () => boolean;
}

/** Numbers of messages in the first pages; the last one is also that of all later pages. */
const PAGES = [4, 32, 256, 1024];

/**
 * The same for a look at a queue whose first ticket is known. Mostly one or two messages are all, and they are asked for
 * without a batch: before a batch that begins in the middle of the stream, the server walks through much of the bucket.
 */
const PAGES_OF_KNOWN = [1, 1, 32, 256, 1024];

/** Scans one bucket, for one KV handle. */
export class TicketScanner {
  readonly #bucket: ScannedBucket;
  readonly #way: ScanWay;
  readonly #inbox: Inbox;

  constructor(bucket: ScannedBucket, way: ScanWay) {
    this.#bucket = bucket;
    this.#way = way;
    this.#inbox = new Inbox(way.nc, `${way.apiPrefix}.DIRECT.GET.${bucket.stream}`, way.isKept);
  }

  /** Reads all messages under a filter. */
  async scan(filter: string, request: ScanRequest): Promise<ScanOutcome> {
    const { timeout, leader } = request;
    try {
      const entries = await (leader ? this.#fromLeader(filter, request) : this.#fromReplica(filter, request));
      return { kind: "seen", entries };
    } catch (cause) {
      const error = cause instanceof ConnectionError ? cause : toLockError(cause, `read "${filter}"`).error;
      return { kind: "failed", error: await this.#way.settings.explain(error, { key: filter, timeout }) };
    }
  }

  /** Ends the subscription for answers if it is not needed. */
  release(): void {
    this.#inbox.release();
  }

  async #fromLeader(filter: string, { from, upTo = Infinity, timeout }: ScanRequest): Promise<StoredEntry[]> {
    const { streams } = await this.#way.settings.manager(timeout);
    const { stream } = this.#bucket;
    const entries: StoredEntry[] = [];
    for (let seq = from; seq <= upTo;) {
      const query = { seq, next_by_subj: this.#bucket.subject(filter) };
      const found = await streams.getMessage(stream, query);
      if (found === null || found.seq > upTo) break;
      const { seq: revision, subject, data: value, time } = found;
      const header = (name: string) => found.header?.get(name);
      const stored = { revision, subject, value, header, storedAt: time.getTime() };
      const entry = revision < seq ? null : entryOf(this.#bucket, filter, stored);
      if (entry === null) throw incomplete(filter);
      entries.push(entry);
      seq = revision + 1;
    }
    return entries;
  }

  async #fromReplica(filter: string, { from, upTo = Infinity, timeout }: ScanRequest): Promise<StoredEntry[]> {
    const entries: StoredEntry[] = [];
    if (from > upTo) return entries;
    const pages = from > 1 && upTo < Infinity ? PAGES_OF_KNOWN : PAGES;
    for (let number = 0;; number++) {
      const seq = (entries.at(-1)?.revision ?? from - 1) + 1;
      const count = pages[number] ?? pages.at(-1);
      const isBatch = count !== 1;
      const page = new TicketPage(this.#bucket, { filter, from: seq, upTo, isFirst: number === 0, isBatch });
      const query = { seq, next_by_subj: this.#bucket.subject(filter), ...(isBatch ? { batch: count } : {}) };
      await this.#ask(JSON.stringify(query), page, timeout);
      entries.push(...page.entries);
      if (page.isLast) return entries;
    }
  }

  /** Resolves when the page is complete. */
  async #ask(payload: string, page: TicketPage, timeout: number): Promise<void> {
    const end = await wait<() => void>(undefined, (done) => {
      const leave = this.#inbox.ask(payload, (error, message) => {
        try {
          if (error !== null) throw error;
          if (page.take(message)) done(() => {});
        } catch (cause) {
          done(() => {
            throw cause;
          });
        }
      });
      const cancel = this.#way.clock.after(timeout, () =>
        done(() => {
          throw Object.assign(new Error("no answer in time"), { name: "TimeoutError" });
        }));
      return () => {
        leave();
        cancel();
      };
    });
    end();
  }
}
