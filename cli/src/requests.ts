/** Reads the queues of a bucket: who holds and who waits. */

import { type LockInfo, LockManager } from "@x/natslock";
import { sessionKey } from "@x/natslock/internal";
import { type Bucket, heldLocksOf } from "./locks.ts";
import { holderOf, type Lock } from "./show.ts";

/** One request in a queue. `gone`: its process is gone, and its ticket will be removed. */
export interface Request extends LockInfo {
  readonly state: "held" | "waiting" | "gone";
}

/** One session, and how many requests of it stand in queues. */
export interface Session {
  readonly lock: Lock;
  readonly locks: number;
  readonly waits: number;
}

/** Which locks to show: none of the words = all. */
export type Words = readonly string[];

/** Returns the requests for the locks that the words select, by name and place. */
export async function requestsOf({ kv }: Pick<Bucket, "kv">, words: Words): Promise<Request[]> {
  const { held, pending } = await new LockManager({ kv }).query();
  const waiting = pending.map((info): Request => ({ ...info, state: info.alive ? "waiting" : "gone" }));
  const all = [...held.map((info): Request => ({ ...info, state: "held" })), ...waiting];
  return all.filter(({ name }) => isSelected(name, words)).sort((one, other) =>
    one.name === other.name ? one.place - other.place : one.name < other.name ? -1 : 1
  );
}

/** Returns the sessions: all of them, or with words those of the requests. */
export async function sessionsOf({ store }: Bucket, requests: readonly Request[], words: Words): Promise<Session[]> {
  const count = (key: string, state: Request["state"]) =>
    requests.filter((one) => sessionKey(one.clientId) === key && one.state === state).length;
  const found = await heldLocksOf(store, { keys: [], filters: [sessionKey(">")] });
  const sessions = found.map((lock) => ({ lock, locks: count(lock.key, "held"), waits: count(lock.key, "waiting") }));
  const shown = words.length === 0 ? sessions : sessions.filter(({ locks, waits }) => locks + waits > 0);
  const nameOf = ({ lock: { leader, key } }: Session) => leader === null ? key : holderOf(leader);
  return shown.sort((one, other) => nameOf(one) < nameOf(other) ? -1 : 1);
}

/** Returns the records of Lockers in the bucket that the words select. They are not in a queue. */
export async function leasesOf({ store }: Bucket, words: Words): Promise<Lock[]> {
  const isLease = (key: string) => !key.startsWith(RESERVED) && isSelected(key, words);
  return await heldLocksOf(store, { keys: [], filters: [">"] }, isLease);
}

/** The keys of sessions and tickets begin with this. */
const RESERVED = "=";

/** Reports whether one of the words is the name, or a filter that matches it. No word selects all. */
export function isSelected(name: string, words: Words): boolean {
  return words.length === 0 || words.some((word) => word === name || (isPattern(word) && matches(word, name)));
}

/** Reports whether a word is a filter: it has a `*`, or its last part is `>`. */
export const isPattern = (word: string): boolean => word.includes("*") || word.split(".").at(-1) === ">";

/** A name can be any text, so a `*` may also stand for a piece of a part. */
function matches(filter: string, name: string): boolean {
  const parts = filter.split(".");
  const isOpen = parts.at(-1) === ">";
  const fixed = (isOpen ? parts.slice(0, -1) : parts).map((part) => part === "*" ? "[^.]+" : patternOf(part));
  return new RegExp(`^${[...fixed, ...isOpen ? ["[^]+"] : []].join("[.]")}$`).test(name);
}

const patternOf = (part: string): string =>
  part.split("*").map((text) => text.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&")).join("[^.]*");
