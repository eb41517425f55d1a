import { assertEquals, assertStringIncludes } from "@std/assert";
import { type Claim, limitError, QueueFront, UNREADABLE } from "../../src/locks/queue_rules.ts";

/** A claim and its place in the queue. */
type Placed = Claim & { readonly place: number };

const exclusive: Claim = { mode: "exclusive", limit: null, weight: 1 };
const shared = (limit: number | null = null, weight = 1): Claim => ({ mode: "shared", limit, weight });

/** Returns a verdict as a line of text. */
function verdict(before: readonly Claim[], own: Claim): string {
  const front = new QueueFront<Placed>();
  for (const [place, claim] of before.entries()) front.add({ ...claim, place });
  const result = front.verdict(own);
  if (result.kind === "blocked") return `blocked by ${result.by.map(({ place }) => place)}`;
  return result.kind === "mismatch" ? `mismatch with ${result.by[0].place}` : "room";
}

const ROWS: readonly (readonly [what: string, before: readonly Claim[], own: Claim, verdict: string])[] = [
  ["an exclusive request has room in an empty queue", [], exclusive, "room"],
  ["a shared request has room in an empty queue", [], shared(), "room"],
  ["an exclusive request waits for the nearest ticket", [exclusive, shared(), exclusive], exclusive, "blocked by 2"],
  ["an exclusive request waits for a shared ticket", [shared()], exclusive, "blocked by 0"],
  ["shared requests hold together", [shared(), shared()], shared(), "room"],
  ["a shared request does not pass a waiting exclusive one", [shared(), exclusive], shared(), "blocked by 1"],
  [
    "a shared request waits for the nearest exclusive ticket",
    [exclusive, exclusive, shared()],
    shared(),
    "blocked by 1",
  ],
  ["a limit lets in as much weight as it says", [shared(3, 1), shared(3, 1)], shared(3, 1), "room"],
  ["a limit keeps out more weight", [shared(3, 1), shared(3, 2)], shared(3, 1), "blocked by 0,1"],
  ["a limit waits for the nearest weights", [shared(2), shared(2), shared(2)], shared(2), "blocked by 1,2"],
  ["the own weight counts", [shared(3, 1)], shared(3, 3), "blocked by 0"],
  ["a light request does not pass a heavy one", [shared(3, 2), shared(3, 2)], shared(3, 1), "blocked by 0,1"],
  ["another limit is a mismatch", [shared(2)], shared(3), "mismatch with 0"],
  ["no limit is a limit, too", [shared()], shared(3), "mismatch with 0"],
  ["a limit behind none is a mismatch", [shared(3)], shared(), "mismatch with 0"],
  ["a mismatch comes before what blocks", [shared(2), exclusive], shared(3), "mismatch with 0"],
  ["an exclusive request has no limit to compare", [shared(2)], exclusive, "blocked by 0"],
  ["a ticket that cannot be read blocks a shared request", [UNREADABLE], shared(), "blocked by 0"],
  ["a ticket that cannot be read is no mismatch", [UNREADABLE], shared(2), "blocked by 0"],
];

for (const [what, before, own, expected] of ROWS) {
  Deno.test(`QueueFront.verdict(): ${what}`, () => assertEquals(verdict(before, own), expected));
}

Deno.test("QueueFront.verdict(): the end of the first of many tickets wakes no exclusive request behind them", () => {
  const before = Array.from({ length: 100 }, () => shared());
  assertEquals(verdict(before, exclusive), "blocked by 99");
});

Deno.test("limitError() names both limits and the lock", () => {
  const { message } = limitError("orders", shared(3), shared(2));
  for (const part of ["limit", "3", "2", '"orders"']) assertStringIncludes(message, part);
  assertStringIncludes(limitError("orders", shared(3), shared()).message, "absent");
});
