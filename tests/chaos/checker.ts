/**
 * Holds what clients wrote down against what may never be.
 *
 * @module
 */

import type { Entry, Work } from "./history.ts";
import { WORKS } from "./history.ts";
import type { Access } from "./resource.ts";

/** All that is known of one run. Times are milliseconds, on the axis of the entries. */
export interface Course {
  /** In the order of time. */
  readonly entries: readonly Entry[];
  /** What the guarded set let through, and what is in both sets at the end. */
  readonly accesses: readonly Access[];
  readonly guarded: readonly string[];
  readonly bare: readonly string[];
  /** Clients that lived until the end. */
  readonly survivors: ReadonlySet<string>;
  readonly ttl: number;
  /** When the last fault was over. */
  readonly healedAt: number;
  /** Token of the election that was granted last, after all clients had ended their work. */
  readonly lastToken: number;
}

type Of<On extends Entry["on"]> = Extract<Entry, { on: On }>;

/** Two processes may write down what happens in one moment in another order, in ms. */
const SLACK = 20;

/** A term that is shorter than this may be skipped by observers, in ms. */
const SHORT = 500;

/** By when somebody holds each lock after the last fault: a lease, and an election among the servers. */
const RECOVERY = 10_000;

/** All that is wrong, in words; empty if nothing is. */
export function violations(course: Course): string[] {
  return [
    ...sharedTokens(course),
    ...fallingTokens(course),
    ...accessedByTwo(course),
    ...lostUpdates(course),
    ...openAsks(course),
    ...lateLosses(course),
    ...deadLocks(course),
    ...unseenTerms(course),
    ...blindObservers(course),
  ];
}

/** Entries of one kind. */
export const only = <On extends Entry["on"]>(entries: readonly Entry[], on: On): Of<On>[] =>
  entries.filter((entry): entry is Of<On> => entry.on === on);

/** Items that were added to a set and are not there. */
export function missing({ entries, guarded, bare }: Course, set: "guarded" | "bare"): string[] {
  const there = new Set(set === "guarded" ? guarded : bare);
  return only(entries, "added").filter((added) => added.set === set && added.ok && !there.has(added.item))
    .map(({ item }) => item);
}

/** A token is one candidate's. */
function sharedTokens({ entries }: Course): string[] {
  const holders = new Map<string, string>();
  return only(entries, "held").flatMap(({ work, epoch, token, id }) => {
    const name = `${work} ${epoch} ${token}`;
    const first = holders.get(name) ?? id;
    holders.set(name, first);
    return first === id ? [] : [`Token ${token} of "${work}" is held by ${first} and by ${id}`];
  });
}

/** Who asks after another was granted gets a higher token, or its own again. */
function fallingTokens({ entries }: Course): string[] {
  const asks = askTimes(entries);
  return groups(only(entries, "held")).flatMap((holds) => {
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

function accessedByTwo({ accesses }: Course): string[] {
  const clients = new Map<string, string>();
  let last: Access | null = null;
  return accesses.flatMap((access) => {
    const name = `${access.epoch} ${access.token}`;
    const first = clients.get(name) ?? access.client;
    clients.set(name, first);
    const wrong: string[] = [];
    if (first !== access.client) wrong.push(`Token ${access.token} is used by ${first} and by ${access.client}`);
    if (last?.epoch === access.epoch && access.token < last.token) {
      wrong.push(`The resource let ${access.token} of ${access.client} through after ${last.token} of ${last.client}`);
    }
    last = access;
    return wrong;
  });
}

function lostUpdates(course: Course): string[] {
  return missing(course, "guarded").map((item) => `Item ${item} was added under a token and is gone`);
}

/** Each question is answered, and each hold has an end. */
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
      : `A question of ${entry.client} has no answer (${"work" in entry ? `"${entry.work}"` : ""})`
  );
}

/** A loss is told before the lease's end, which is a margin after the time by which it was told; a stall excuses. */
function lateLosses({ entries, ttl }: Course): string[] {
  const stalls = Map.groupBy(only(entries, "stalled"), ({ client }) => client);
  return only(entries, "ended").flatMap(({ client, work, at, late }) => {
    const from = at - late - SLACK;
    const excused = (stalls.get(client) ?? []).filter((stall) => stall.at > from && stall.at - stall.for < at)
      .reduce((sum, stall) => sum + stall.for, 0);
    return late <= ttl / 10 + excused ? [] : [`${client} is told of a loss of "${work}" ${late} ms after its end`];
  });
}

function deadLocks({ entries, healedAt, ttl }: Course): string[] {
  const alive = new Set<Work>();
  for (const { work, at } of only(entries, "held")) {
    if (at > healedAt && at <= healedAt + ttl + RECOVERY) alive.add(work);
  }
  return WORKS.filter((work) => !alive.has(work)).map((work) => `Nobody holds "${work}" after the last fault`);
}

/** In peace an observer misses no term but those too short for a slow reader. */
function unseenTerms({ entries, survivors, healedAt, ttl }: Course): string[] {
  const ends = new Map(only(entries, "ended").map(({ client, ask, at }) => [`${client} ${ask}`, at]));
  const seen = new Set(only(entries, "observed").map(({ client, token }) => `${client} ${token}`));
  const terms = only(entries, "held").filter(({ work, at, client, ask }) =>
    work === "election" && at > healedAt + 2 * ttl && (ends.get(`${client} ${ask}`) ?? at) - at > SHORT
  );
  return terms.flatMap(({ token }) =>
    [...survivors].filter((client) => !seen.has(`${client} ${token}`))
      .map((client) => `The observer of ${client} does not see the term of ${token}`)
  );
}

function blindObservers({ entries, survivors, lastToken }: Course): string[] {
  const last = new Map<string, number | null>();
  for (const { client, token } of only(entries, "observed")) last.set(client, token);
  return [...survivors].filter((client) => last.get(client) !== lastToken)
    .map((client) => `The observer of ${client} ends on ${last.get(client)}, not on ${lastToken}`);
}

/** Holds of one lock in one stream, in the order of time. */
function groups(holds: readonly Of<"held">[]): Of<"held">[][] {
  return [...Map.groupBy(holds, ({ work, epoch }) => `${work} ${epoch}`).values()];
}

/** When the question that led to a hold was asked. */
function askTimes(entries: readonly Entry[]): (hold: Of<"held">) => number {
  const times = new Map(only(entries, "ask").map(({ client, ask, at }) => [`${client} ${ask}`, at]));
  return ({ client, ask, at }) => times.get(`${client} ${ask}`) ?? at;
}
