/**
 * Schedules of requests, aborts and releases that a seed determines.
 *
 * @module
 */

import type { LockMode } from "../../src/store/ticket.ts";
import { Chance } from "../sim/chance.ts";

/** One request of a schedule. */
export interface RandomRequest {
  /** Position among the requests of the schedule. */
  readonly id: number;
  /** Number of the client that makes it. */
  readonly client: number;
  /** The names, without the prefix of the run. More than one are requested as a list. */
  readonly names: readonly string[];
  readonly mode: LockMode;
  /** The limit of a shared request; all have the same in one schedule. `null` = no limit. */
  readonly limit: number | null;
  readonly weight: number;
  readonly ifAvailable: boolean;
  readonly steal: boolean;
}

/** One step of a schedule. */
export type Step =
  | { readonly kind: "request"; readonly request: RandomRequest }
  /** Lets the callback of a request return, at once if it has not started yet. */
  | { readonly kind: "release"; readonly id: number }
  | { readonly kind: "abort"; readonly id: number }
  /** Waits until all requests so far are in their queues. */
  | { readonly kind: "settle" }
  /** The same, and waits until each request holds that has room. */
  | { readonly kind: "rest" };

/** What a schedule may contain. */
export interface ScheduleOptions {
  /** Number of steps. */
  readonly steps: number;
  /** Number of clients. */
  readonly clients: number;
  /** True for limits, weights and lists of names, which Web Locks does not have. */
  readonly extensions: boolean;
  /** True for thefts. */
  readonly thefts: boolean;
}

/** Returns the schedule of a seed. */
export function randomSchedule(seed: number, options: ScheduleOptions): Step[] {
  const chance = new Chance(seed);
  const names = ["a", "b", "c"].slice(0, chance.between(1, 4));
  const limit = options.extensions && chance.happens(0.5) ? chance.between(1, 5) : null;
  const requests: RandomRequest[] = [];
  const released = new Set<number>();
  const steps: Step[] = [];
  for (let step = 0; step < options.steps; step++) {
    const open = requests.filter(({ id }) => !released.has(id));
    const abortable = open.filter(({ ifAvailable, steal }) => !ifAvailable && !steal);
    const dice = chance.next();
    if (dice < 0.25 && open.length > 0) {
      // Mostly the oldest ones, because they hold. An early release of a waiting one is possible, too.
      const { id } = chance.happens(0.7) ? open[0] as RandomRequest : chance.pick(open);
      released.add(id);
      steps.push({ kind: "release", id });
    } else if (dice < 0.35 && abortable.length > 0) {
      // The newest ones are those that wait.
      const { id } = chance.happens(0.6) ? abortable.at(-1) as RandomRequest : chance.pick(abortable);
      steps.push({ kind: "abort", id });
      // Those behind it must get in without any other event.
      if (chance.happens(0.5)) steps.push({ kind: "rest" });
    } else if (dice < 0.6) {
      steps.push({ kind: chance.happens(0.5) ? "settle" : "rest" });
    } else {
      const request = randomRequest(chance, { id: requests.length, names, limit, ...options });
      requests.push(request);
      steps.push({ kind: "request", request });
    }
  }
  return steps;
}

interface Choices extends ScheduleOptions {
  readonly id: number;
  readonly names: readonly string[];
  readonly limit: number | null;
}

function randomRequest(chance: Chance, { id, names, limit, ...options }: Choices): RandomRequest {
  const client = chance.between(0, options.clients);
  const steal = options.thefts && chance.happens(0.08);
  const isList = options.extensions && chance.happens(0.15);
  const start = chance.between(0, names.length);
  const chosen = isList
    ? names.map((_, index) => names[(start + index) % names.length] as string)
    : [chance.pick(names)];
  const mode = !steal && chance.happens(0.6) ? "shared" : "exclusive";
  const weight = mode === "shared" && limit !== null ? chance.between(1, limit + 1) : 1;
  const ifAvailable = !steal && chance.happens(0.2);
  return { id, client, names: chosen, mode, limit: mode === "shared" ? limit : null, weight, ifAvailable, steal };
}
