/**
 * Compares what clients believed about locks by name with the rules.
 *
 * @module
 */

import { type Course, lastEntries, only } from "./checker.ts";
import { type Hold, holdsInTime, outlived } from "./epochs.ts";
import type { Entry } from "./history.ts";

/** One hold of a lock by name. Times are in milliseconds, on the axis of the entries. */
export interface NamedHold extends Hold {
  readonly lock: string;
  readonly mode: "exclusive" | "shared";
  readonly limit: number | null;
  readonly weight: number;
  /** When it was requested, and whether with others. */
  readonly wanted: number;
  readonly isOneOfSeveral: boolean;
}

/** The clocks of two processes may differ by this time in ms. */
const SLACK = 5;

/**
 * Returns all holds. The hold of a killed client ends with the last entry of the client: it may have lasted a little
 * longer, never shorter.
 */
export function namedHolds(entries: readonly Entry[]): NamedHold[] {
  const last = lastEntries(entries);
  const asks = new Map(only(entries, "wanted").map((ask) => [`${ask.client} ${ask.request}`, ask]));
  const ends = new Map(
    only(entries, "unlocked").map(({ client, request, lock, until }) => [`${client} ${request} ${lock}`, until]),
  );
  return only(entries, "locked").map(({ on: _, request, at, ...hold }) => {
    const ask = asks.get(`${hold.client} ${request}`);
    const until = ends.get(`${hold.client} ${request} ${hold.lock}`) ?? last.get(hold.client) ?? at;
    return { ...hold, from: at, wanted: ask?.at ?? at, isOneOfSeveral: (ask?.names.length ?? 1) > 1, until };
  });
}

/** Returns the holds of each lock in each stream, in the order of their tokens. */
export function holdsByLock(holds: readonly NamedHold[]): NamedHold[][] {
  const groups = Map.groupBy(holds, ({ lock, epoch }) => `${epoch} ${lock}`);
  return [...groups.values()].map((group) => group.toSorted((a, b) => a.token - b.token));
}

/** Returns the broken rules as text; empty if none. */
export function lockViolations({ entries, survivors, ttl }: Pick<Course, "entries" | "survivors" | "ttl">): string[] {
  const holds = namedHolds(entries);
  const groups = holdsByLock(holdsInTime(holds));
  return [
    ...outlived(holds, ttl),
    ...groups.flatMap(sharedTokens),
    ...groups.flatMap(together),
    ...groups.flatMap(tooMany),
    ...open(entries, survivors),
  ];
}

/** No two requests get the same token. */
function sharedTokens(holds: readonly NamedHold[]): string[] {
  return holds.flatMap((hold, index) => {
    const before = holds[index - 1];
    return before?.token === hold.token ? [`${nameOf(before)} and ${nameOf(hold)} have one token`] : [];
  });
}

/** Of two holds that exclude each other, the one with the greater token begins after the other has ended. */
function together(holds: readonly NamedHold[]): string[] {
  // The hold that ended last among those with smaller tokens: of all, and of the exclusive ones.
  let [all, exclusive]: [NamedHold | null, NamedHold | null] = [null, null];
  return holds.flatMap((hold) => {
    const before = hold.mode === "exclusive" ? all : exclusive;
    if (all === null || hold.until > all.until) all = hold;
    if (hold.mode === "exclusive" && (exclusive === null || hold.until > exclusive.until)) exclusive = hold;
    if (before === null || hold.from >= before.until - SLACK) return [];
    return [`${nameOf(hold)} begins ${Math.round(before.until - hold.from)} ms before ${nameOf(before)} ends`];
  });
}

/** At no time the weights of the holders exceed the limit. */
function tooMany(holds: readonly NamedHold[]): string[] {
  let standing: NamedHold[] = [];
  return holds.filter(({ limit }) => limit !== null).toSorted((a, b) => a.from - b.from).flatMap((hold) => {
    standing = [...standing.filter(({ until }) => until - SLACK > hold.from), hold];
    const sum = standing.reduce((weights, { weight }) => weights + weight, 0);
    return sum <= (hold.limit ?? 0) ? [] : [`${nameOf(hold)} begins as one of ${sum} of ${hold.limit}`];
  });
}

/** Each request of a client that ran until the end has ended. */
function open(entries: readonly Entry[], survivors: ReadonlySet<string>): string[] {
  const settled = new Set(only(entries, "settled").map(({ client, request }) => `${client} ${request}`));
  return only(entries, "wanted").filter(({ client, request }) =>
    survivors.has(client) && !settled.has(`${client} ${request}`)
  ).map(({ client, request, names }) => `Request ${request} of ${client} for "${names.join('", "')}" has no end`);
}

const nameOf = ({ client, lock, mode, token }: NamedHold): string =>
  `the ${mode} hold of "${lock}" by ${client} with token ${token}`;

/** When a client was killed that had requested a lock: until its ticket is removed, it may stand before others. */
export interface NamedDeath {
  readonly lock: string;
  readonly at: number;
}

/** Returns the deaths of clients with an open request. A client that did not run until the end was killed. */
export function namedDeaths({ entries, survivors }: Pick<Course, "entries" | "survivors">): NamedDeath[] {
  const last = lastEntries(entries);
  const settled = new Set(only(entries, "settled").map(({ client, request }) => `${client} ${request}`));
  return only(entries, "wanted").filter(({ client, request }) =>
    !survivors.has(client) && !settled.has(`${client} ${request}`)
  ).flatMap(({ client, names }) => names.map((lock) => ({ lock, at: last.get(client) ?? 0 })));
}

/**
 * Returns for each hold how long its lock could be held and was not: from when no other hold stood before it. One of
 * several locks is left out, since it waits for the others. Does not count `grace` milliseconds after each of the
 * deaths.
 */
export function handOvers(
  holds: readonly NamedHold[],
  { deaths = [], grace = 0 }: { readonly deaths?: readonly NamedDeath[]; readonly grace?: number } = {},
): number[] {
  const excused = (lock: string, from: number) =>
    Math.max(
      -Infinity,
      ...deaths.filter((death) => death.lock === lock && death.at < from).map(({ at }) => at + grace),
    );
  return holdsByLock(holds).flatMap((group) => {
    let [all, exclusive] = [-Infinity, -Infinity];
    return group.flatMap(({ lock, mode, from, until, wanted, isOneOfSeveral }) => {
      const free = Math.max(wanted, mode === "exclusive" ? all : exclusive, excused(lock, from));
      all = Math.max(all, until);
      if (mode === "exclusive") exclusive = Math.max(exclusive, until);
      return isOneOfSeveral ? [] : [Math.max(0, from - free)];
    });
  });
}
