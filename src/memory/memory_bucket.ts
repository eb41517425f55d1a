/** The messages of a bucket in memory. */

import type { Clock } from "../base/clock.ts";
import type { KeyState, LeaseRecord } from "../store/record.ts";
import { decodeTicket, encodeTicket, type Ticket } from "../store/ticket.ts";
import type { Push, StoredEntry } from "../store/ticket_store.ts";

/** What is stored under a key: a record, a release marker ("mark"), or a value that is not a UUID ("foreign"). */
export type Content = LeaseRecord | "mark" | "foreign";

/** Something to store. */
export interface Draft {
  /** What a read of the key will find. */
  readonly content: Content;
  /** The ticket; absent if the message is none. */
  readonly ticket?: Ticket | null;
  /** How long it is kept, in milliseconds: from the clock's time on. */
  readonly kept: number;
}

interface Message extends Omit<Draft, "kept"> {
  readonly key: string;
  readonly revision: number;
  readonly at: number;
  readonly storedAt: number;
  readonly goneAt: number;
}

/** A write, and what it replaced. */
interface Change extends Pick<Message, "key" | "revision"> {
  readonly before: Message | undefined;
}

/** Returns a ticket as something to store. As on NATS, it may be unreadable, and reads as a record of its session. */
export function draftOf(ticket: Ticket): Pick<Draft, "content" | "ticket"> {
  const headers = new Map(encodeTicket(ticket));
  const { session: holder, attempt, since } = ticket;
  const content = { holder, attempt: attempt || null, token: null, name: "", since, ttl: null, meta: {} };
  return { content, ticket: decodeTicket(holder, (name) => headers.get(name) ?? "") };
}

/** Most changes that a bucket remembers for replicas that are behind. */
const REMEMBERED = 64;

/** The state of a bucket, shared by all links to it. */
export class MemoryBucket {
  /** Each receives all changes. */
  readonly links: Set<(push: Push & { readonly key: string }) => void> = new Set();
  /** True if the newest changes are remembered, so that {@linkcode MemoryBucket.entries} can leave them out. */
  remembers = false;
  /** True if the bucket was deleted. */
  missing = false;
  /** Number of the bucket among all of its name. */
  epoch = 1;
  readonly #clock: Clock;
  /** By key, in the order of their revisions. */
  readonly #messages = new Map<string, Message>();
  #changes: readonly Change[] = [];
  #sequence = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Returns what is stored under a key; `null` if there is nothing, or it has expired. */
  current(key: string): { readonly revision: number; readonly content: Content; readonly at: number } | null {
    const message = this.#messages.get(key);
    if (message === undefined || this.#clock.now() < message.goneAt) return message ?? null;
    this.#messages.delete(key);
    return null;
  }

  /** Returns the state of a key. */
  look(key: string): KeyState {
    const { revision = 0, content = "mark" } = this.current(key) ?? {};
    return keyStateOf(revision, content);
  }

  /** Stores a message, pushes the change and returns the revision. */
  put(key: string, { kept, ...draft }: Draft): number {
    const at = this.#clock.now();
    const before = this.#messages.get(key);
    const revision = ++this.#sequence;
    this.#messages.delete(key);
    this.#messages.set(key, { ...draft, key, revision, at, storedAt: this.#clock.wall(), goneAt: at + kept });
    if (this.remembers) this.#changes = [...this.#changes.slice(1 - REMEMBERED), { key, revision, before }];
    const push = { kind: "seen", key, keyState: this.look(key) } as const;
    for (const link of this.links) link(push);
    return revision;
  }

  /** Returns the messages that `isWanted` accepts, in their order, as they were before the newest `lacking` writes. */
  entries(isWanted: (key: string, revision: number) => boolean, lacking: number): StoredEntry[] {
    const now = this.#clock.now();
    const undone = lacking > 0 ? this.#changes.slice(-lacking) : [];
    const entries: StoredEntry[] = [];
    for (const message of undone.length === 0 ? this.#messages.values() : this.#before(undone)) {
      const { key, revision, storedAt, content, ticket = null, goneAt } = message;
      if (now >= goneAt) {
        if (this.#messages.get(key) === message) this.#messages.delete(key);
      } else if (isWanted(key, revision)) {
        entries.push({ key, revision, storedAt, keyState: keyStateOf(revision, content), ticket });
      }
    }
    return entries;
  }

  #before(undone: readonly Change[]): Message[] {
    const messages = new Map(this.#messages);
    for (const { key, before } of [...undone].reverse()) {
      if (before === undefined) messages.delete(key);
      else messages.set(key, before);
    }
    return [...messages.values()].sort((one, other) => one.revision - other.revision);
  }

  /** Deletes the bucket. */
  delete(): void {
    this.missing = true;
    this.#messages.clear();
    this.#changes = [];
  }

  /** Creates the deleted bucket again, empty: revisions start over in a new epoch. */
  recreate(): void {
    Object.assign(this, { missing: false, epoch: this.epoch + 1 });
    this.#sequence = 0;
  }

  /** Drops all writes above a revision. */
  rollBack(sequence: number): void {
    this.#sequence = sequence;
    this.#changes = this.#changes.filter(({ revision }) => revision <= sequence);
    for (const [key, { revision }] of this.#messages) if (revision > sequence) this.#messages.delete(key);
  }
}

function keyStateOf(revision: number, content: Content): KeyState {
  if (content === "mark") return { kind: "vacant", revision };
  return content === "foreign" ? { kind: "foreign", revision } : { kind: "held", revision, record: content };
}
