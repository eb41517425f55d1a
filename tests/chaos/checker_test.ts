import { assertEquals, assertMatch } from "@std/assert";
import { type Course, violations } from "./checker.ts";
import type { Entry, Happening, Work } from "./history.ts";
import { LOCK_NAMES } from "./lock_work.ts";

const EPOCH = "2026-01-01T00:00:00Z";

/** Entries of several clients, each with its time in ms. */
function entries(...lines: readonly (readonly [at: number, client: string, Happening])[]): Entry[] {
  return lines.map(([at, client, happening]) => ({ at, client, ...happening }));
}

/** A request, its grant, and the end of the hold. */
function hold(work: Work, client: string, [ask, held, ended]: [number, number, number], token: number): Entry[] {
  const about = { work, ask: ask * 1000 + token };
  return entries(
    [ask, client, { on: "ask", ...about }],
    [held, client, { on: "held", ...about, id: `id of ${client}`, token, epoch: EPOCH }],
    [ended, client, { on: "ended", ...about, why: "released", late: 0 }],
  );
}

const EXCLUSIVE = { mode: "exclusive", limit: null, weight: 1 } as const;

/** Two clients that break no rule. */
const GOOD: Course = {
  entries: [
    ...hold("set", "a", [0, 10, 100], 1),
    ...entries([90, "a", { on: "added", set: "guarded", item: "a.1", ok: true }]),
    ...hold("set", "b", [50, 110, 200], 3),
    ...entries([190, "b", { on: "added", set: "guarded", item: "b.1", ok: true }]),
    ...(["set", "election", "storm"] as const).flatMap((work) => hold(work, "a", [1000, 1010, 1100], 9)),
    ...entries(
      [1200, "a", { on: "observed", token: 12, holder: "" }],
      [1200, "b", { on: "observed", token: 12, holder: "" }],
    ),
    ...LOCK_NAMES.flatMap((lock, request) =>
      entries(
        [1000, "a", { on: "wanted", request, names: [lock] }],
        [1010, "a", { on: "locked", request, lock, ...EXCLUSIVE, token: 5, epoch: EPOCH }],
        [1020, "a", { on: "unlocked", request, lock, why: "released", until: 1020 }],
        [1030, "a", { on: "settled", request, why: "released" }],
      )
    ),
    ...entries([1015, "a", { on: "added", set: "named", item: "a.5", ok: true }]),
  ],
  accesses: [{ client: "a", epoch: EPOCH, token: 1 }, { client: "b", epoch: EPOCH, token: 3 }],
  namedAccesses: [{ client: "a", epoch: EPOCH, token: 5 }],
  guarded: ["a.1", "b.1"],
  bare: [],
  named: ["a.5"],
  survivors: new Set(["a", "b"]),
  ttl: 1000,
  healedAt: 900,
  lastToken: 12,
};

function withMore(more: readonly Entry[]): Course {
  return { ...GOOD, entries: [...GOOD.entries, ...more].sort((a, b) => a.at - b.at) };
}

Deno.test("violations() is empty for a course without broken rules", () => {
  assertEquals(violations(GOOD), []);
});

const LOST = { on: "ended", work: "storm", ask: 7, why: "deadline" } as const;
const LATE = entries([2000, "a", { ...LOST, late: 500 }]);

const PLANTED: readonly (readonly [title: string, course: Course, message: RegExp])[] = [
  ["two holders of one token", withMore(hold("set", "b", [20, 30, 90], 1)), /^Token 1 of "set" is held by/],
  ["a token that goes back", withMore(hold("set", "b", [300, 310, 320], 2)), /is granted 2 after 3 of b$/],
  ["a lost update", { ...GOOD, guarded: ["b.1"] }, /^Item a.1 was added with a token and is missing$/],
  ["a lost update under a lock by name", { ...GOOD, named: [] }, /^Item a.5 was added with a token and is missing$/],
  [
    "a lock by name that nobody holds again",
    { ...GOOD, entries: GOOD.entries.filter((entry) => !("lock" in entry) || entry.lock !== "book") },
    /^Nobody holds "lock book" after the last fault$/,
  ],
  [
    "a waiter that never ends",
    withMore(entries([1300, "b", { on: "ask", work: "storm", ask: 5 }])),
    /^A request of b has no answer \("storm"\)$/,
  ],
  [
    "a hold that never ends",
    withMore(hold("storm", "b", [1300, 1310, 1320], 20).slice(0, 2)),
    /^A hold of b has no end/,
  ],
  [
    "a loss that is reported too late",
    withMore(LATE),
    /^a reports the loss of "storm" 500 ms after the end of its lease$/,
  ],
  ["a loss that is reported too late, even after a stall", {
    ...withMore([...entries([1900, "a", { on: "stalled", for: 300 }]), ...LATE]),
  }, /500 ms after the end of its lease$/],
  ["a lock that nobody holds again", { ...GOOD, healedAt: 5000 }, /^Nobody holds "set" after the last fault$/],
  [
    "an observer that ends on an old leader",
    withMore(entries([1300, "b", { on: "observed", token: 9, holder: "" }])),
    /^The observer of b ends with token 9 instead of 12$/,
  ],
  [
    "a term that an observer misses",
    withMore(hold("election", "a", [3000, 3010, 3900], 11)),
    /^The observer of a/,
  ],
  [
    "an older holder that the resource accepts",
    { ...GOOD, accesses: [...GOOD.accesses, { client: "a", epoch: EPOCH, token: 1 }] },
    /^The resource accepted token 1 of a after token 3 of b$/,
  ],
  [
    "a token that two clients use",
    { ...GOOD, accesses: [...GOOD.accesses, { client: "a", epoch: EPOCH, token: 3 }] },
    /^Token 3 is used by b and by a$/,
  ],
];

for (const [title, course, message] of PLANTED) {
  Deno.test(`violations() reports ${title}`, () => {
    const [first = "nothing is reported"] = violations(course);
    assertMatch(first, message);
  });
}

Deno.test("violations() allows a late loss in a process that was stalled", () => {
  assertEquals(violations(withMore([...entries([1900, "a", { on: "stalled", for: 450 }]), ...LATE])), []);
});

Deno.test("violations() allows open requests of a killed client", () => {
  assertEquals(violations(withMore(entries([1300, "killed", { on: "ask", work: "set", ask: 1 }]))), []);
});
