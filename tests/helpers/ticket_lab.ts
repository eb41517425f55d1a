/**
 * What the tests of a TicketStore share: the store under test, tickets, and how they are written and read.
 *
 * @module
 */

import { assert } from "@std/assert";
import type { LeaseRecord } from "../../src/store/record.ts";
import type { WriteOutcome } from "../../src/store/store.ts";
import type { Ticket } from "../../src/store/ticket.ts";
import type { ScanRequest, StoredEntry, TicketStore } from "../../src/store/ticket_store.ts";

/** A store under test. Its bucket keeps records for at least a minute. */
export interface TicketStoreUnderTest {
  readonly store: TicketStore;
  /** True if a scan can be answered by a replica that is behind. */
  readonly lags: boolean;
  /** Resolves when `ms` have passed. */
  pass(ms: number): Promise<void>;
  /** Resolves when `ms` have passed and everything that expired until then is certainly removed. */
  expire(ms: number): Promise<void>;
  /** Stores a message under a key without a condition: one that is no ticket, or a value that is not a UUID. */
  put(key: string, what: LeaseRecord | "foreign"): Promise<void>;
  deleteBucket(): Promise<void>;
}

/** Runs `body` with a new, empty bucket. */
export type TicketFixture = (body: (under: TicketStoreUnderTest) => Promise<void>) => Promise<void>;

/** The body of a test; `leader` says whom it scans. */
export type Case = (under: TicketStoreUnderTest, leader: boolean) => Promise<void>;

/** Two sessions. */
export const SESSION = "0b8ad0a6-2b3a-4b5e-9f5e-6a1d5a1c9e01";
export const OTHER = "0b8ad0a6-2b3a-4b5e-9f5e-6a1d5a1c9e02";
/** How long tickets are kept, in ms. */
export const TTL = 60_000;
/** Longest wait for an answer, in ms. */
export const timeout = 2000;
/** How often a scan is tried until a replica that is behind has caught up, and the pause between, in ms. */
const TRIES = 100;
const PAUSE = 20;

/** A ticket to write. */
export const TICKET: Ticket = {
  session: SESSION,
  attempt: "a.1",
  lock: "orders",
  mode: "exclusive",
  limit: null,
  weight: 1,
  since: 1_800_000_000_000,
};

/** A record that is no ticket. */
export const RECORD: LeaseRecord = {
  holder: SESSION,
  attempt: "instance.1",
  token: null,
  name: "first",
  since: 1_800_000_000_000,
  ttl: 2000,
  meta: {},
};

/** The record that a ticket reads as. */
export const recordOf = ({ session, attempt, since }: Ticket): LeaseRecord => (
  { holder: session, attempt, token: null, name: "", since, ttl: null, meta: {} }
);

/** A scan, and what a replica that has caught up shows at least. */
export interface Look extends Partial<ScanRequest> {
  readonly filter: string;
  /** Least number of messages. Default: 0. */
  readonly count?: number;
  /** Least revision of the last one. Default: 0. */
  readonly last?: number;
}

/** Scans, until the replica has caught up, and returns the entries. */
export async function entriesOf(
  { store, lags, pass }: TicketStoreUnderTest,
  { filter, count = 0, last = 0, ...request }: Look,
): Promise<readonly StoredEntry[]> {
  for (let tries = lags ? TRIES : 1;; tries--) {
    const outcome = await store.scan(filter, { from: 1, timeout, ...request });
    if (tries <= 1) assert(outcome.kind === "seen", JSON.stringify(outcome));
    const { entries } = outcome.kind === "seen" ? outcome : { entries: [] };
    if (tries <= 1 || (entries.length >= count && (entries.at(-1)?.revision ?? 0) >= last)) return entries;
    await pass(PAUSE);
  }
}

/** The same, but returns the revisions. */
export async function revisionsOf(under: TicketStoreUnderTest, look: Look): Promise<number[]> {
  return (await entriesOf(under, look)).map(({ revision }) => revision);
}

/** Resolves when a condition holds, or after 2 s. */
export async function until({ pass }: TicketStoreUnderTest, holds: () => boolean): Promise<void> {
  for (let tries = TRIES; tries > 0 && !holds(); tries--) await pass(PAUSE);
}

/** Another ticket than the usual one, how long it is kept in ms, and the expected revision. */
interface Other {
  readonly ticket?: Ticket;
  readonly ttl?: number;
  /** Default: 0. */
  readonly expected?: number;
}

/** Writes a ticket. */
export function append(store: TicketStore, key: string, other: Other = {}): Promise<WriteOutcome> {
  return store.append(key, { ticket: TICKET, ttl: TTL, expected: 0, ...other, timeout });
}

/** Writes a ticket under a key that has none, and returns its place. */
export async function appendNew(store: TicketStore, key: string, other: Other = {}): Promise<number> {
  return applied(await append(store, key, other));
}

/** Writes tickets into one queue and returns their places in order. */
export async function appendMany(store: TicketStore, count: number): Promise<number[]> {
  const writes = Array.from({ length: count }, (_, slot) => appendNew(store, `=q.a.s.${slot}`));
  return (await Promise.all(writes)).sort((one, other) => one - other);
}

/** Returns the revision of a write that was applied. */
export function applied(outcome: WriteOutcome): number {
  assert(outcome.kind === "applied", `wanted applied: ${JSON.stringify(outcome)}`);
  return outcome.revision;
}
