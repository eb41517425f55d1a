/**
 * The climate of one run: how many processes, users and locks there are, and what users request.
 *
 * @module
 */

import type { LockMode } from "../../../src/store/ticket.ts";
import type { Chance } from "../chance.ts";

/** Lease length of all sessions, in ms. */
export const SESSION_TTL = 1000;

/** How one lock is used. */
export interface Habit {
  readonly name: string;
  /** Share of requests that are shared. */
  readonly shared: number;
  /** Limit of shared requests; `null` = none. */
  readonly limit: number | null;
  /** True if some shared requests have another limit, which is an error. */
  readonly mixedLimits: boolean;
}

/** Shares of requests, 0 to 1. */
export interface Shares {
  readonly ifAvailable: number;
  readonly timeout: number;
  readonly abort: number;
  readonly steal: number;
  readonly several: number;
  /** Requests by `acquire()`. */
  readonly acquire: number;
  /** Queries instead of requests. */
  readonly query: number;
}

/** What a run is like. */
export interface Climate {
  /** How long faults happen, in ms. */
  readonly troubled: number;
  /** Longest pause in ms of a user between two requests without faults. */
  readonly leisure: number;
  readonly processes: number;
  /** Users of each process: each makes one request at a time. */
  readonly users: number;
  readonly habits: readonly Habit[];
  readonly shares: Shares;
  readonly maxHold: number;
  /** Longest time in ms for which a lock is held while faults happen. */
  readonly hold: number;
  /** The same without faults. */
  readonly calmHold: number;
  /** True if nothing is pushed for some time after the faults. */
  readonly unpushed: boolean;
  /** Share of scans that a replica answers which lacks a few writes. That is no fault: it happens at any time. */
  readonly behind: number;
}

const NAMES = ["a", "b/c", "", "*.>", "d\u{1f512}"] as const;

/** Most requests of a run at a time, and in a run with a crowd. */
const USUAL = 60;
const CROWD = 200;

/**
 * Draws a climate. A small one has few requests at a time and a short time with faults: the mistakes of most rules show
 * there too, and many more seeds run in a minute.
 */
export function climateOf(chance: Chance, small = false): Climate {
  const crowd = !small && chance.happens(0.01);
  const processes = small ? chance.between(2, 4) : crowd ? chance.between(3, 12) : processesOf(chance);
  const most = Math.max(1, Math.floor((crowd ? CROWD : USUAL) / processes));
  const users = small
    ? chance.between(1, 3)
    : crowd
    ? most
    : chance.between(1, Math.min(most, chance.happens(0.2) ? 30 : 4) + 1);
  const names = chance.happens(0.5) ? 1 : chance.between(2, (small ? 2 : NAMES.length) + 1);
  const share = (present: number, highest: number) => chance.happens(present) ? highest * chance.next() : 0;
  return {
    troubled: (small ? 2 : 5) * SESSION_TTL,
    leisure: small ? 400 : 50,
    processes,
    users,
    habits: NAMES.slice(0, names).map((name) => habitOf(name, chance)),
    shares: {
      ifAvailable: chance.happens(0.05) ? 1 : share(0.5, 0.6),
      timeout: share(0.5, 0.6),
      abort: share(0.5, 0.6),
      steal: share(0.25, 0.3),
      several: names > 1 ? share(0.5, 0.6) : 0,
      acquire: share(0.7, 1),
      query: share(0.3, 0.3),
    },
    maxHold: chance.happens(0.3) ? 1000 * chance.between(3, 7) : 60_000,
    hold: chance.happens(0.2) ? 4000 : chance.pick([20, 200, 800]),
    calmHold: chance.happens(0.25) ? 1000 : 60,
    unpushed: chance.happens(0.3),
    behind: share(0.5, 0.5),
  };
}

function processesOf(chance: Chance): number {
  if (chance.happens(0.02)) return chance.between(13, 41);
  return chance.happens(0.25) ? chance.between(6, 13) : chance.between(2, 6);
}

function habitOf(name: string, chance: Chance): Habit {
  const limit = chance.happens(0.4) ? chance.between(1, 6) : null;
  const shared = chance.happens(0.3) ? 0 : chance.pick([0.3, 0.6, 0.9, 1]);
  return { name, shared, limit, mixedLimits: limit !== null && chance.happens(0.1) };
}

/** What one request asks for. */
export interface Wish {
  readonly names: readonly string[];
  readonly mode: LockMode;
  readonly limit: number | null;
  readonly weight: number;
  readonly ifAvailable: boolean;
  readonly steal: boolean;
  readonly timeout: number | null;
  /** When its user gives up, in ms from now; `null` = never. */
  readonly patience: number | null;
  /** True for `acquire()`, false for `request()`. */
  readonly handle: boolean;
}

/** Draws what a user requests. `calm`: it does not give up a wait, and steals nothing. */
export function wishOf({ habits, shares }: Climate, chance: Chance, calm: boolean): Wish {
  const habit = chance.pick(habits);
  const names = chance.happens(shares.several)
    ? habits.filter((each) => each === habit || chance.happens(0.4)).map(({ name }) => name)
    : [habit.name];
  const steal = !calm && chance.happens(shares.steal);
  const shared = !steal && chance.happens(habit.shared) && names.length === 1;
  const off = shared && habit.mixedLimits && chance.happens(0.2) ? 1 : 0;
  const limit = shared && habit.limit !== null ? habit.limit + off : null;
  const ifAvailable = !steal && chance.happens(shares.ifAvailable);
  const timeout = chance.happens(shares.timeout) ? chance.pick([0, 1, 50, 400, 3000]) : null;
  const mayGiveUp = !calm && !steal && !ifAvailable && chance.happens(shares.abort);
  return {
    names: chance.happens(0.5) ? names : names.toReversed(),
    mode: shared ? "shared" : "exclusive",
    limit,
    weight: limit === null ? 1 : chance.between(1, limit + 1),
    ifAvailable,
    steal,
    timeout,
    patience: mayGiveUp ? chance.pick([0, 5, 30, 300, 2000]) * chance.next() : null,
    handle: chance.happens(shares.acquire),
  };
}
