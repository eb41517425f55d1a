/**
 * Reference models with one fault each. They show that the scenarios see it.
 *
 * @module
 */

import { RULES, type Rules } from "./reference_rules.ts";

/** One fault of the model. */
export interface Mutant {
  readonly title: string;
  readonly rules: Partial<Rules>;
}

const holders: Rules["listed"] = (queue) => queue.filter(({ holds }) => holds);

/** Theft that ends the locks, with what else it does to those that wait. */
const robHolders: Rules["rob"] = (thief, queue) => RULES.rob(thief, holders(queue));

/** Faults of the order of grants. */
const ORDER: readonly Mutant[] = [
  {
    title: "shared requests pass an exclusive one that waits",
    rules: { hasRoom: (ticket, before) => RULES.hasRoom(ticket, ticket.mode === "shared" ? holders(before) : before) },
  },
  {
    title: "the newest request comes first",
    rules: { join: (ticket, queue) => [...holders(queue), ticket, ...queue.filter(({ holds }) => !holds)] },
  },
  {
    title: "shared requests exclude each other",
    rules: { hasRoom: (ticket, before) => RULES.hasRoom({ ...ticket, mode: "exclusive" }, before) },
  },
  {
    title: "an exclusive request joins shared holders",
    rules: { hasRoom: (_ticket, before) => before.every(({ mode }) => mode === "shared") },
  },
  {
    title: "ifAvailable ignores those that wait",
    rules: { hasRoom: (ticket, before) => RULES.hasRoom(ticket, ticket.ifAvailable ? holders(before) : before) },
  },
  {
    title: "all names share one queue",
    rules: { queueOf: () => "" },
  },
  {
    title: "the promise settles before the release",
    rules: { releases: (release) => void setTimeout(release) },
  },
  {
    title: "a query lists the newest request first",
    rules: { listed: (queue) => queue.toReversed() },
  },
  {
    title: "a query lists only what is held",
    rules: { listed: holders },
  },
];

/** Faults of names. */
const NAMES: readonly Mutant[] = [
  { title: "names are equal without regard to case", rules: { queueOf: (name) => name.toLowerCase() } },
  { title: "names lose their lone surrogates", rules: { queueOf: (name) => name.toWellFormed() } },
  { title: "names are normalized", rules: { queueOf: (name) => name.normalize() } },
  { title: "names are trimmed", rules: { queueOf: (name) => name.trim() } },
  { title: "names are cut after 1,000 characters", rules: { queueOf: (name) => name.slice(0, 1_000) } },
];

/** Faults of checks, aborts and theft. */
const ENDS: readonly Mutant[] = [
  {
    title: "nothing is refused",
    rules: { requireAllowed: () => {} },
  },
  {
    title: "an aborted signal is reported before what is not supported",
    rules: {
      requireAllowed: (request) => {
        request.options.signal?.throwIfAborted();
        RULES.requireAllowed(request);
      },
    },
  },
  {
    title: "a request that leaves the queue wakes nobody unless it held",
    rules: { wakes: ({ holds }) => holds },
  },
  {
    title: "an aborted request stays in the queue",
    rules: { without: (ticket, queue) => ticket.holds ? RULES.without(ticket, queue) : queue },
  },
  {
    title: "the callback runs although the request was aborted after its grant",
    rules: { runsWhenAborted: true },
  },
  {
    title: "an abort ends a lock that is held",
    rules: {
      runs: ({ options: { signal } }, work) =>
        Promise.race([
          work,
          new Promise((_, reject) => signal?.addEventListener("abort", () => reject(signal.reason))),
        ]),
    },
  },
  {
    title: "a theft does not end the holder's promise",
    rules: { rob: (thief, queue) => [thief, ...queue.filter(({ holds }) => !holds)] },
  },
  {
    title: "a thief waits behind the others",
    rules: { rob: (thief, queue) => [...RULES.rob(thief, queue).slice(1), thief] },
  },
  {
    title: "a theft ends those that wait, too",
    rules: {
      rob: (thief, queue) => RULES.rob(thief, queue.map((ticket) => ({ ...ticket, holds: true }))),
    },
  },
  {
    title: "a theft forgets those that wait",
    rules: { rob: robHolders },
  },
  {
    title: "a theft takes the lock from one shared holder only",
    rules: {
      rob: (thief, queue) => {
        RULES.rob(thief, queue.slice(0, 1));
        return [thief, ...queue.filter(({ holds }) => !holds)];
      },
    },
  },
  {
    title: "a release removes whoever holds the name",
    rules: { without: (ticket, queue) => RULES.without(queue.find(({ holds }) => holds) ?? ticket, queue) },
  },
];

/** Faults of the extensions. */
const EXTENSIONS: readonly Mutant[] = [
  {
    title: "the limit is ignored",
    rules: { hasRoom: (ticket, before) => RULES.hasRoom({ ...ticket, limit: undefined }, before) },
  },
  {
    title: "the weight is ignored",
    rules: {
      hasRoom: (ticket, before) =>
        RULES.hasRoom({ ...ticket, weight: 1 }, before.map((other) => ({ ...other, weight: 1 }))),
    },
  },
  {
    title: "a light request passes a heavy one that waits",
    rules: {
      hasRoom: (ticket, before) =>
        RULES.hasRoom(ticket, before.filter(({ holds, mode }) => holds || mode === "exclusive")),
    },
  },
  {
    title: "the limit is one too high",
    rules: {
      hasRoom: (ticket, before) => RULES.hasRoom({ ...ticket, limit: ticket.limit && ticket.limit + 1 }, before),
    },
  },
  {
    title: "requests of one name may have several limits",
    rules: { requireFits: () => {} },
  },
  {
    title: "a request with a limit fits one without",
    rules: {
      requireFits: (ticket, queue) => RULES.requireFits(ticket, queue.filter(({ limit }) => limit !== undefined)),
    },
  },
  {
    title: "several names are taken in the order of the caller",
    rules: { sorted: (names) => names },
  },
  {
    title: "a request for several names keeps those that it got",
    rules: { keepsSome: true },
  },
];

/** All mutants. */
export const MUTANTS: readonly Mutant[] = [...ORDER, ...NAMES, ...ENDS, ...EXTENSIONS];
