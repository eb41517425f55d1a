/** The queues of a bucket: who holds and who waits, and the sessions of those who ask. Pure. */

import type { LockMode, Ticket } from "../../../src/store/ticket.ts";
import { ALL_SESSIONS, ALL_TICKETS, RESERVED, sessionKey, sessionOf } from "../../../src/locks/names.ts";
import { type Claim, QueueFront, UNREADABLE } from "../../../src/locks/queue_rules.ts";
import type { Lock, Phase } from "./lock.ts";

/** The state of a request; `gone` if its process is gone, `stale` if it is not known now. */
export type RequestState = "held" | "waiting" | "gone" | "stale";

/** One request in a queue. */
export interface Request {
  /** Its place in the stream, which is its fencing token. */
  readonly token: number;
  /** How many requests stand before it. */
  readonly place: number;
  readonly state: RequestState;
  readonly mode: LockMode;
  readonly limit: number | null;
  readonly weight: number;
  /** UUID of the session. */
  readonly session: string;
  /** Name of the session; its UUID if it has none. */
  readonly holder: string;
  /** When the server stored the request. */
  readonly at: number;
}

/** The queue of one lock, in its order. */
export interface Queue {
  readonly name: string;
  readonly requests: readonly Request[];
}

/** One session, and how many requests of it hold and wait. */
export interface SessionLoad {
  /** Key of its record. */
  readonly key: string;
  readonly holder: string;
  readonly holds: number;
  readonly waits: number;
}

/** All queues and sessions. */
export interface Queues {
  readonly queues: readonly Queue[];
  readonly sessions: readonly SessionLoad[];
}

/** What {@linkcode queuesOf} needs to know. */
export interface Known {
  /** All records of the bucket, by key. */
  readonly locks: ReadonlyMap<string, Lock>;
  readonly phase: (lock: Lock) => Phase;
  /** True once all records were seen: a session that is not known then is gone. */
  readonly isComplete: boolean;
}

/** Reports whether a key is that of a session or a ticket, not of a lock. */
export const isReserved = (key: string): boolean => key.startsWith(RESERVED);

/** Returns the time for which a record without its own lease length is kept: tickets stand until they are removed. */
export const keepsOf = (key: string, bucketTtl: number): number => isTicket(key) ? 0 : bucketTtl;

const isTicket = (key: string): boolean => key.startsWith(ALL_TICKETS.slice(0, -1));
const isSession = (key: string): boolean => key.startsWith(ALL_SESSIONS.slice(0, -1));

/** Returns the queues by name, and the sessions by the name of their process. */
export function queuesOf(known: Known): Queues {
  const standing = [...known.locks.values()].filter(({ key, leader }) => isReserved(key) && leader !== null);
  const byToken = new Map<string, Lock[]>();
  for (const lock of standing) {
    if (!isTicket(lock.key)) continue;
    const token = lock.key.split(".")[1] ?? "";
    const queue = byToken.get(token) ?? [];
    byToken.set(token, queue);
    queue.push(lock);
  }
  const queues = [...byToken.values()].map((tickets) => queueOf(tickets, known)).filter(({ name }) => name !== null);
  const requests = queues.flatMap(({ requests }) => requests);
  const sessions = standing.filter(({ key }) => isSession(key)).map((lock) => loadOf(lock, requests));
  return {
    queues: (queues as Queue[]).sort(by(({ name }) => name)),
    sessions: sessions.sort(by(({ holder }) => holder)),
  };
}

interface FoundQueue extends Omit<Queue, "name"> {
  /** `null` if no ticket can be read. */
  readonly name: string | null;
}

function queueOf(tickets: readonly Lock[], known: Known): FoundQueue {
  const sorted = [...tickets].sort((a, b) => a.revision - b.revision);
  const front = new QueueFront<Claim>();
  const requests = sorted.map((lock) => {
    const request = requestOf(lock, front, known);
    front.add(lock.ticket ?? UNREADABLE);
    return request;
  });
  return { name: sorted.find(({ ticket }) => ticket !== null)?.ticket?.lock ?? null, requests };
}

function requestOf(lock: Lock, front: QueueFront<Claim>, known: Known): Request {
  const claim: Claim & Partial<Ticket> = lock.ticket ?? UNREADABLE;
  const { mode, limit, weight } = claim;
  const session = sessionOf(lock.key);
  const record = known.locks.get(sessionKey(session));
  const hasRoom = front.verdict(claim).kind === "room";
  const state = stateOf(lock, record, known) ?? (hasRoom ? "held" : "waiting");
  const holder = record?.leader?.name || session;
  return {
    token: lock.revision,
    place: front.tickets.length,
    state,
    mode,
    limit,
    weight,
    session,
    holder,
    at: lock.storedAt,
  };
}

/** Returns the state that the session gives a request; `null` if the session lives. */
function stateOf(lock: Lock, record: Lock | undefined, { phase, isComplete }: Known): RequestState | null {
  if (!lock.confirmed || record?.confirmed === false) return "stale";
  if (record === undefined) return isComplete ? "gone" : "stale";
  return phase(record) === "held" ? null : "gone";
}

function loadOf({ key, leader }: Lock, requests: readonly Request[]): SessionLoad {
  const own = requests.filter(({ session }) => sessionKey(session) === key);
  const count = (wanted: RequestState) => own.filter(({ state }) => state === wanted).length;
  return { key, holder: leader?.name || leader?.holder || "", holds: count("held"), waits: count("waiting") };
}

const collator = new Intl.Collator("en", { numeric: true });

const by = <T>(textOf: (one: T) => string) => (a: T, b: T): number => collator.compare(textOf(a), textOf(b));
