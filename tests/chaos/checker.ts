/**
 * Checker: compares the histories of the clients with the rules.
 *
 * @module
 */

import { type Hold, holdsInTime, outlived } from "./epochs.ts";
import { type Entry, type SetName, WORKS } from "./history.ts";
import { LOCK_NAMES } from "./lock_work.ts";
import type { Access } from "./resource.ts";

/** Everything that is known about one run. Times are in milliseconds, on the same axis as the entries. */
export interface Course {
  /** In order of time. */
  readonly entries: readonly Entry[];
  /** Accesses that the sets that check tokens accepted, and the contents of all sets at the end. */
  readonly accesses: readonly Access[];
  readonly namedAccesses: readonly Access[];
  readonly guarded: readonly string[];
  readonly bare: readonly string[];
  readonly named: readonly string[];
  /** Clients that ran until the end. */
  readonly survivors: ReadonlySet<string>;
  readonly ttl: number;
  /** When the last fault ended. */
  readonly healedAt: number;
  /** Token of the last election, after all clients had ended their work. */
  readonly lastToken: number;
}

type Of<On extends Entry["on"]> = Extract<Entry, { on: On }>;

/** Two processes may record events in another order than they happened, within this time in ms. */
const SLACK = 20;

/** Observers may miss a term that is shorter than this, in ms. */
const SHORT = 500;

/**
 * Time in ms, besides a lease, within which each lock must be held again after the last fault: an election among the
 * servers.
 */
const RECOVERY = 10_000;

/** Returns all broken rules as text; empty if none. */
export function violations(course: Course): string[] {
  return [
    ...outlived(heldBy(course), course.ttl),
    ...sharedTokens(course),
    ...fallingTokens(course),
    ...accessedByTwo(course.accesses),
    ...accessedByTwo(course.namedAccesses),
    ...lostUpdates(course),
    ...openAsks(course),
    ...lateLosses(course),
    ...deadLocks(course),
    ...unseenTerms(course),
    ...blindObservers(course),
  ];
}

/** A hold of a lock by key. */
type KeyHold = Of<"held"> & Hold;

/** Returns all holds. The hold of a killed client ends with the last entry of the client. */
function heldBy({ entries }: Course): KeyHold[] {
  const last = lastEntries(entries);
  const ends = new Map(only(entries, "ended").map(({ client, ask, at, late }) => [`${client} ${ask}`, at - late]));
  return only(entries, "held").map((hold) => {
    const { client, ask, at } = hold;
    return { ...hold, from: at, until: ends.get(`${client} ${ask}`) ?? last.get(client) ?? at };
  });
}

/** Entries of one kind. */
export const only = <On extends Entry["on"]>(entries: readonly Entry[], on: On): Of<On>[] =>
  entries.filter((entry): entry is Of<On> => entry.on === on);

/** When each client wrote its last entry. */
export const lastEntries = (entries: readonly Entry[]): ReadonlyMap<string, number> =>
  new Map(entries.map(({ client, at }) => [client, at]));

/** Items that were added to a set and are missing. */
export function missing(course: Course, set: SetName): string[] {
  const there = new Set(course[set]);
  return only(course.entries, "added").filter((added) => added.set === set && added.ok && !there.has(added.item))
    .map(({ item }) => item);
}

/** No two candidates get the same token. */
function sharedTokens(course: Course): string[] {
  const holders = new Map<string, string>();
  return holdsInTime(heldBy(course)).flatMap(({ work, epoch, token, id }) => {
    const name = `${work} ${epoch} ${token}`;
    const first = holders.get(name) ?? id;
    holders.set(name, first);
    return first === id ? [] : [`Token ${token} of "${work}" is held by ${first} and by ${id}`];
  });
}

/** A candidate that asks after another was granted gets a higher token, or its own token again. */
function fallingTokens(course: Course): string[] {
  const asks = askTimes(course.entries);
  return groups(holdsInTime(heldBy(course))).flatMap((holds) => {
    let next = 0;
    let highest: Of<"held"> | null = null;
    const byAsk = holds.toSorted((a, b) => asks(a) - asks(b));
    return byAsk.flatMap((hold) => {
      for (let before = holds[next]; before && before.at < asks(hold) - SLACK; before = holds[++next]) {
        if (highest === null || before.token > highest.token) highest = before;
      }
      if (highest === null || hold.token >= highest.token) return [];
      return [`"${hold.work}": ${hold.client} is granted ${hold.token} after ${highest.token} of ${highest.client}`];
    });
  });
}

function accessedByTwo(accesses: readonly Access[]): string[] {
  const clients = new Map<string, string>();
  let last: Access | null = null;
  return accesses.flatMap((access) => {
    const name = `${access.epoch} ${access.token}`;
    const first = clients.get(name) ?? access.client;
    clients.set(name, first);
    const wrong: string[] = [];
    if (first !== access.client) wrong.push(`Token ${access.token} is used by ${first} and by ${access.client}`);
    if (last?.epoch === access.epoch && access.token < last.token) {
      wrong.push(
        `The resource accepted token ${access.token} of ${access.client} after token ${last.token} of ${last.client}`,
      );
    }
    last = access;
    return wrong;
  });
}

function lostUpdates(course: Course): string[] {
  return (["guarded", "named"] as const).flatMap((set) => missing(course, set)).map((item) =>
    `Item ${item} was added with a token and is missing`
  );
}

/** Each request is answered, and each hold has an end. */
function openAsks({ entries, survivors }: Course): string[] {
  const open = new Map<string, Entry>();
  for (const entry of entries) {
    if (!("ask" in entry)) continue;
    const name = `${entry.client} ${entry.ask}`;
    if (entry.on === "ask" || entry.on === "held") open.set(name, entry);
    else open.delete(name);
  }
  return [...open.values()].filter(({ client }) => survivors.has(client)).map((entry) =>
    entry.on === "held"
      ? `A hold of ${entry.client} has no end (token ${entry.token} of "${entry.work}")`
      : `A request of ${entry.client} has no answer (${"work" in entry ? `"${entry.work}"` : ""})`
  );
}

/**
 * A loss is reported before the server's end of the lease, which is one margin after the holder's end. A loss may be
 * later by the time for which the process did not run.
 */
function lateLosses({ entries, ttl }: Course): string[] {
  const stalls = Map.groupBy(only(entries, "stalled"), ({ client }) => client);
  return only(entries, "ended").flatMap(({ client, work, at, late }) => {
    const from = at - late - SLACK;
    const excused = (stalls.get(client) ?? []).filter((stall) => stall.at > from && stall.at - stall.for < at)
      .reduce((sum, stall) => sum + stall.for, 0);
    return late <= ttl / 10 + excused
      ? []
      : [`${client} reports the loss of "${work}" ${late} ms after the end of its lease`];
  });
}

function deadLocks({ entries, healedAt, ttl }: Course): string[] {
  const isSoon = ({ at }: Entry) => at > healedAt && at <= healedAt + ttl + RECOVERY;
  const alive = new Set<string>(only(entries, "held").filter(isSoon).map(({ work }) => work));
  for (const { lock } of only(entries, "locked").filter(isSoon)) alive.add(named(lock));
  return [...WORKS, ...LOCK_NAMES.map(named)].filter((work) => !alive.has(work))
    .map((work) => `Nobody holds "${work}" after the last fault`);
}

/** A lock by name, to tell it from a kind of work. */
const named = (lock: string): string => `lock ${lock}`;

/** Without faults, an observer misses no term, except terms that are too short for a slow reader. */
function unseenTerms({ entries, survivors, healedAt, ttl }: Course): string[] {
  const ends = new Map(only(entries, "ended").map(({ client, ask, at }) => [`${client} ${ask}`, at]));
  const seen = new Set(only(entries, "observed").map(({ client, token }) => `${client} ${token}`));
  const terms = only(entries, "held").filter(({ work, at, client, ask }) =>
    work === "election" && at > healedAt + 2 * ttl && (ends.get(`${client} ${ask}`) ?? at) - at > SHORT
  );
  return terms.flatMap(({ token }) =>
    [...survivors].filter((client) => !seen.has(`${client} ${token}`))
      .map((client) => `The observer of ${client} does not see the term with token ${token}`)
  );
}

function blindObservers({ entries, survivors, lastToken }: Course): string[] {
  const last = new Map<string, number | null>();
  for (const { client, token } of only(entries, "observed")) last.set(client, token);
  return [...survivors].filter((client) => last.get(client) !== lastToken)
    .map((client) => `The observer of ${client} ends with token ${last.get(client)} instead of ${lastToken}`);
}

/** Holds of one lock in one stream, in order of time. */
function groups(holds: readonly KeyHold[]): KeyHold[][] {
  return [...Map.groupBy(holds, ({ work, epoch }) => `${work} ${epoch}`).values()];
}

/** Returns when the lock was requested for a hold. */
function askTimes(entries: readonly Entry[]): (hold: Of<"held">) => number {
  const times = new Map(only(entries, "ask").map(({ client, ask, at }) => [`${client} ${ask}`, at]));
  return ({ client, ask, at }) => times.get(`${client} ${ask}`) ?? at;
}
