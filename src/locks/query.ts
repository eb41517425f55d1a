/** Who holds and who waits, for people and tools. */

import { pause } from "../base/wait.ts";
import { asNatslockError } from "../lease/key_context.ts";
import type { LeaseRecord, Meta } from "../store/record.ts";
import type { LockMode } from "../store/ticket.ts";
import type { StoredEntry } from "../store/ticket_store.ts";
import type { LocksContext } from "./context.ts";
import { placed } from "./look.ts";
import { ALL_SESSIONS, ALL_TICKETS, tokenOf } from "./names.ts";
import { type Claim, QueueFront } from "./queue_rules.ts";

/** One request in a {@linkcode LockSnapshot}: what `navigator.locks.query()` tells, and more. */
export interface LockInfo {
  /** Name of the lock. */
  readonly name: string;
  /** How the lock is held or requested: `exclusive` alone, `shared` together with others. */
  readonly mode: LockMode;
  /** UUID of the session that made the request. */
  readonly clientId: string;
  /** Place in the queue, which is the fencing token of the lock once it is held. */
  readonly token: number;
  /** Number of requests before it in its queue, from 0 on. */
  readonly place: number;
  /** When the request was made: milliseconds since the Unix epoch by its own clock. `null` if unknown. */
  readonly since: number | null;
  /** The most weight that may hold a shared lock at once; `null` = no limit. */
  readonly limit: number | null;
  /** How much of the limit the request takes; 1 if there is no limit. */
  readonly weight: number;
  /** Name of the session, for people; empty if it has none. */
  readonly holder: string;
  /** What the session publishes about itself. */
  readonly meta: Meta;
  /** False if the record of the session was not seen: its process is gone, and its tickets will be removed. */
  readonly alive: boolean;
}

/**
 * A snapshot of the queues of a bucket, as {@linkcode LockManager.query} returns it. Requests for one lock are in the
 * order of its queue. It is old when it arrives: decide nothing by it.
 */
export interface LockSnapshot {
  /** Requests that hold their lock. */
  readonly held: readonly LockInfo[];
  /** Requests that wait, and those of sessions that were not seen alive, even if nothing stands before them. */
  readonly pending: readonly LockInfo[];
}

/** Options of {@linkcode LockManager.query}. */
export interface QueryOptions {
  /** Only locks whose name begins with this. Default: all. */
  readonly prefix?: string;
}

/** Answers of any replica before the stream leader is asked, which takes one request for each message. */
const TRIES = 5;

/** Pause before another answer is asked for, in milliseconds. */
const PAUSE = 20;

/** The stored tickets of the session that queries, by key. */
export type OwnPlaces = ReadonlyMap<string, { readonly place: number; readonly isHeld: boolean }>;

/** One request as an answer shows it. */
interface Shown {
  readonly key: string;
  readonly info: LockInfo;
  readonly isHeld: boolean;
}

/**
 * Returns a snapshot. Asks again as long as the answer does not show what is known of the own tickets: `own` returns
 * those that stand now.
 *
 * @throws {ConnectionError} if NATS is unreachable or refuses
 */
export async function takeSnapshot(
  context: LocksContext,
  own: () => OwnPlaces,
  options: QueryOptions,
): Promise<LockSnapshot> {
  const { prefix = "" } = options ?? {};
  for (let tries = 0;; tries++) {
    const before = own();
    const shown = await showAll(context, tries === TRIES);
    if (tries === TRIES || isCurrent(shown, before, own())) {
      const found = shown.filter(({ info }) => info.name.startsWith(prefix));
      const pick = (isHeld: boolean) => found.filter((each) => each.isHeld === isHeld).map(({ info }) => info);
      return { held: pick(true), pending: pick(false) };
    }
    await pause(context.clock, PAUSE, undefined);
  }
}

/** Reports whether all own tickets that stood `before` the question, and stand `now`, are shown as they are. */
function isCurrent(shown: readonly Shown[], before: OwnPlaces, now: OwnPlaces): boolean {
  const found = new Map(shown.map((each) => [each.key, each]));
  return [...before].every(([key, { place, isHeld }]) => {
    const one = found.get(key);
    return now.get(key)?.place !== place || (one?.info.token === place && (one.isHeld || !isHeld));
  });
}

/** Returns all requests, queue by queue. `leader`: as the stream leader shows them. */
async function showAll(context: LocksContext, leader: boolean): Promise<readonly Shown[]> {
  const queues = new Map<string, StoredEntry[]>();
  for (const ticket of await scan(context, ALL_TICKETS, leader)) {
    if (ticket.keyState.kind === "vacant") continue;
    const token = tokenOf(ticket.key);
    const queue = queues.get(token) ?? [];
    queues.set(token, queue);
    queue.push(ticket);
  }
  const sessions = new Map<string, LeaseRecord>();
  for (const { keyState } of await scan(context, ALL_SESSIONS, leader)) {
    if (keyState.kind === "held") sessions.set(keyState.record.holder, keyState.record);
  }
  return [...queues.values()].flatMap((queue) => showQueue(queue, sessions));
}

/** Describes one queue. A ticket that cannot be read has no name, so it is left out, but it blocks those behind it. */
function showQueue(queue: readonly StoredEntry[], sessions: ReadonlyMap<string, LeaseRecord>): readonly Shown[] {
  const front = new QueueFront<Claim>();
  return queue.flatMap((entry, place) => {
    const { key, revision: token, ticket } = entry;
    const isRoom = ticket !== null && front.verdict(ticket).kind === "room";
    for (const each of placed(entry)) front.add(each);
    if (ticket === null) return [];
    const { lock: name, mode, session: clientId, since, limit, weight } = ticket;
    const record = sessions.get(clientId);
    const { name: holder = "", meta = {} } = record ?? {};
    const about = { name, mode, clientId, token, place, since, limit, weight };
    const info: LockInfo = { ...about, holder, meta, alive: record !== undefined };
    return [{ key, info, isHeld: info.alive && isRoom }];
  });
}

async function scan({ store, timing }: LocksContext, filter: string, leader: boolean): Promise<readonly StoredEntry[]> {
  const doing = `read the queues of bucket "${store.name}"`;
  const request = { from: 1, timeout: timing.requestTimeout, leader };
  const outcome = await store.scan(filter, request).catch((cause) => {
    throw asNatslockError(cause, doing);
  });
  if (outcome.kind === "failed") throw outcome.error;
  return outcome.entries;
}
