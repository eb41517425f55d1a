/** Tests of the random schedules and of the check of their histories, with the model, mutants and wrong histories. */

import { assertEquals, assertNotEquals } from "@std/assert";
import { SEED } from "../helpers/seed.ts";
import { MUTANTS } from "./mutants.ts";
import { type RandomRequest, randomSchedule, type ScheduleOptions } from "./random_schedule.ts";
import { runSchedule } from "./random_requests.ts";
import { ReferenceLocks } from "./reference.ts";
import type { Rules } from "./reference_rules.ts";
import type { RequestEvent } from "./request_events.ts";
import { SlowLocks } from "./slow_locks.ts";
import { historyProblems } from "./request_history.ts";

const SCHEDULE: ScheduleOptions = { steps: 60, clients: 3, extensions: true, thefts: true };

/** The longest time of one run in milliseconds. A mutant can make a run wait forever. */
const LIMIT = { model: 10_000, mutant: 200 };

async function problemsOf(seed: number, rules: Partial<Rules>, limit: number): Promise<string[]> {
  const locks = new ReferenceLocks(rules);
  const steps = randomSchedule(seed, { ...SCHEDULE, thefts: seed % 2 === 0 });
  return historyProblems(await runSchedule(steps, [locks, locks, locks], { prefix: "r ", limit }));
}

Deno.test("randomSchedule returns the same schedule for the same seed, and another one for another seed", () => {
  assertEquals(randomSchedule(SEED, SCHEDULE), randomSchedule(SEED, SCHEDULE));
  assertNotEquals(randomSchedule(SEED, SCHEDULE), randomSchedule(SEED + 1, SCHEDULE));
});

Deno.test("historyProblems finds nothing in histories of the reference model", async () => {
  for (let seed = SEED; seed < SEED + 1_000; seed++) {
    assertEquals(await problemsOf(seed, {}, LIMIT.model), [], `seed ${seed}`);
  }
});

Deno.test("historyProblems finds nothing in histories of the reference model behind slow lines", async () => {
  const runs = Array.from({ length: 200 }, async (_, index) => {
    const seed = SEED + index;
    const locks = new ReferenceLocks();
    const clients = [0, 1, 2].map((client) => new SlowLocks(locks, { seed: seed * 3 + client, longest: 3 }));
    const steps = randomSchedule(seed, { ...SCHEDULE, thefts: seed % 2 === 0 });
    const history = await runSchedule(steps, clients, { prefix: "r ", limit: 60_000 });
    return historyProblems(history).map((problem) => `seed ${seed}: ${problem}`);
  });
  assertEquals((await Promise.all(runs)).flat(), []);
});

/** The faults that show in who holds when. The scenarios find the others. */
const FOUND: readonly string[] = [
  "shared requests pass an exclusive one that waits",
  "the newest request comes first",
  "shared requests exclude each other",
  "an exclusive request joins shared holders",
  "ifAvailable ignores those that wait",
  "all names share one queue",
  "a request that leaves the queue wakes nobody unless it held",
  "an aborted request stays in the queue",
  "the callback runs although the request was aborted after its grant",
  "an abort ends a lock that is held",
  "a theft does not end the holder's promise",
  "a theft forgets those that wait",
  "a theft takes the lock from one shared holder only",
  "a release removes whoever holds the name",
  "the limit is ignored",
  "the weight is ignored",
  "a light request passes a heavy one that waits",
  "several names are taken in the order of the caller",
];

for (const title of FOUND) {
  Deno.test(`historyProblems finds the fault within 500 seeds: ${title}`, async () => {
    const rules = MUTANTS.find((mutant) => mutant.title === title)?.rules;
    assertNotEquals(rules, undefined);
    let seed = SEED;
    while (seed < SEED + 500 && (await problemsOf(seed, rules ?? {}, LIMIT.mutant)).length === 0) seed++;
    assertNotEquals(seed, SEED + 500);
  });
}

const request = (id: number, changes: Partial<RandomRequest> = {}): RequestEvent => ({
  kind: "requested",
  request: {
    ...{ id, client: 0, names: ["a"], mode: "exclusive", limit: null, weight: 1, ifAvailable: false, steal: false },
    ...changes,
  },
});
const settled: RequestEvent = { kind: "settled" };
const granted = (id: number, token?: number): RequestEvent => ({ kind: "granted", id, tokens: { a: token } });
const ended = (id: number): readonly RequestEvent[] => [
  { kind: "released", id },
  { kind: "ended", id, how: "done" },
];
const shared = { mode: "shared" } as const;

Deno.test("historyProblems reports holders that exclude each other", () => {
  const history = [request(0), granted(0), request(1, shared), granted(1), ...ended(0), ...ended(1)];
  assertEquals(historyProblems(history), ["Request 1 holds together with 0"]);
});

Deno.test("historyProblems reports more weight than the limit", () => {
  const limited = { ...shared, limit: 3, weight: 2 };
  const history = [request(0, limited), granted(0), request(1, limited), granted(1), ...ended(0), ...ended(1)];
  assertEquals(historyProblems(history), ["Request 1 holds together with 0"]);
});

Deno.test("historyProblems reports a shared request that passed an exclusive one", () => {
  const history = [
    ...[request(0, shared), granted(0), request(1), settled, request(2, shared), granted(2)],
    ...[...ended(0), ...ended(2), granted(1), ...ended(1)],
  ];
  assertEquals(historyProblems(history), ["Request 2 passed 0, 1"]);
});

Deno.test("historyProblems accepts any order of requests that were made at the same time", () => {
  const history = [request(0), request(1), granted(1), ...ended(1), granted(0), ...ended(0)];
  assertEquals(historyProblems(history), []);
});

Deno.test("historyProblems reports a token that is not above that of the holder before", () => {
  const history = [request(0), granted(0, 7), ...ended(0), request(1), granted(1, 7), ...ended(1)];
  assertEquals(historyProblems(history), ["Request 1 has token 7, which is not above 7 of request 0"]);
});

Deno.test("historyProblems reports a request that did not end", () => {
  const history = [request(0), granted(0), ...ended(0), request(1)];
  assertEquals(historyProblems(history), ["Request 1 did not end"]);
});
