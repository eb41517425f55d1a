/** Keeps the tickets of queues in a NATS key-value bucket. */

import type { KvBucketSettings } from "./bucket_rules.ts";
import type { KvSettingsRequest } from "./bucket_settings.ts";
import type { KvHandle } from "./kv_handle.ts";
import { type KvStore, storeOf } from "./kv_store.ts";
import { TicketScanner } from "./ticket_scan.ts";
import type {
  ConnectionState,
  Hint,
  ReadOutcome,
  ReadRequest,
  RemoveRequest,
  WriteOutcome,
  WriteRequest,
} from "../store/store.ts";
import { encodeTicket } from "../store/ticket.ts";
import type { AppendRequest, Push, ScanOutcome, ScanRequest, TicketStore } from "../store/ticket_store.ts";

const all = new WeakMap<KvStore, KvTickets>();

/**
 * Returns the store of a KV handle with its queues, always the same one for a handle. Sends no message.
 * @throws {BadParameterError} if the value is not a KV handle of a NATS client
 */
export function ticketsOf(kv: KvHandle | undefined): KvTickets {
  const store = storeOf(kv);
  const tickets = all.get(store) ?? new KvTickets(store);
  all.set(store, tickets);
  return tickets;
}

/**
 * A {@linkcode TicketStore} in a NATS bucket: a {@linkcode KvStore}, and the queues beside its records. A ticket is
 * written as a record is. A queue is read by direct gets, which any replica answers, or message by message from the
 * stream leader.
 */
export class KvTickets implements TicketStore {
  readonly #store: KvStore;
  readonly #scanner: TicketScanner;
  /** Number of filters that are followed. */
  #followed = 0;

  constructor(store: KvStore) {
    this.#store = store;
    this.#scanner = new TicketScanner(store, { ...store.way, isKept: () => this.#followed > 0 });
  }

  get name(): string {
    return this.#store.name;
  }

  connection(): ConnectionState | null {
    return this.#store.connection();
  }

  settings(request?: KvSettingsRequest): Promise<KvBucketSettings> {
    return this.#store.settings(request);
  }

  read(key: string, request: ReadRequest): Promise<ReadOutcome> {
    return this.#store.read(key, request);
  }

  write(key: string, request: WriteRequest): Promise<WriteOutcome> {
    return this.#store.write(key, request);
  }

  remove(key: string, request: RemoveRequest): Promise<WriteOutcome> {
    return this.#store.remove(key, request);
  }

  watch(key: string, listener: (hint: Hint) => void): () => void {
    return this.follow(key, listener);
  }

  append(key: string, { ticket, ...request }: AppendRequest): Promise<WriteOutcome> {
    return this.#store.put(key, { value: ticket.session, headers: encodeTicket(ticket) }, request);
  }

  scan(filter: string, request: ScanRequest): Promise<ScanOutcome> {
    return this.#scanner.scan(filter, request);
  }

  follow(filter: string, listener: (push: Push) => void): () => void {
    const stop = this.#store.follow(filter, listener);
    this.#followed++;
    let isStopped = false;
    return () => {
      if (isStopped) return;
      isStopped = true;
      this.#followed--;
      stop();
      this.#scanner.release();
    };
  }
}
