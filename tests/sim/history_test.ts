import { assert, assertEquals } from "@std/assert";
import { History, isLinearizable, type Operation } from "./history.ts";

const op = (kind: Operation["kind"], token: number | null, called: number, returned: number): Operation => ({
  kind,
  token,
  called,
  returned,
});

const HISTORIES: readonly (readonly [title: string, operations: readonly Operation[], legal: boolean])[] = [
  ["nothing", [], true],
  ["two holds, one after the other", [op("grant", 1, 0, 1), op("end", 1, 5, 6), op("grant", 2, 6, 7)], true],
  ["a grant that overlaps the end before it", [op("grant", 1, 0, 1), op("end", 1, 5, 9), op("grant", 2, 6, 7)], true],
  ["two holders at once", [op("grant", 1, 0, 1), op("grant", 2, 2, 3), op("end", 1, 8, 9)], false],
  ["a token that goes back", [op("grant", 5, 0, 1), op("end", 5, 2, 3), op("grant", 4, 4, 5)], false],
  ["a token granted twice", [op("grant", 5, 0, 1), op("end", 5, 2, 3), op("grant", 5, 4, 5)], false],
  ["the end of another's hold", [op("grant", 1, 0, 1), op("end", 2, 2, 3)], false],
  ["a look at the holder", [op("grant", 1, 0, 1), op("look", 1, 2, 3)], true],
  ["a look that shows the previous holder", [
    op("grant", 1, 0, 1),
    op("end", 1, 2, 3),
    op("grant", 2, 4, 5),
    op("look", 1, 6, 7),
  ], false],
  ["a look at a holder whose end may have come first", [
    op("grant", 1, 0, 1),
    op("end", 1, 2, 9),
    op("look", null, 3, 4),
  ], true],
  ["a look that shows a free lock during a hold", [op("grant", 1, 0, 1), op("look", null, 2, 3)], false],
  ["a look that shows a grant of unknown outcome", [
    op("grant", 3, 0, Infinity),
    op("end", 3, 0, Infinity),
    op("look", 3, 5, 6),
    op("grant", 4, 7, 8),
  ], true],
  ["a look that shows a token that was never written", [op("look", 3, 5, 6)], false],
];

for (const [title, operations, legal] of HISTORIES) {
  Deno.test(`isLinearizable() ${legal ? "accepts" : "refuses"} ${title}`, () => {
    assertEquals(isLinearizable(operations), legal);
  });
}

/** The history of one attempt that was sent once and stored twice, as 1 and then as 9. */
function landedTwice(): History {
  const history = new History();
  history.asked("a", 0);
  history.stood("a", 1);
  history.stood("a", 9);
  return history;
}

Deno.test("History distinguishes a duplicate of a request from its earlier hold", () => {
  const history = landedTwice();
  history.granted("a", 1, 1);
  history.ended("a", 1, 5);
  history.looked(9, 10, 11);
  assert(isLinearizable(history.operations));
});

Deno.test("History keeps the token of a write without a grant when its duplicate is stored", () => {
  const history = landedTwice();
  history.looked(1, 2, 3);
  history.looked(9, 10, 11);
  assert(isLinearizable(history.operations));
});

Deno.test("History grants the duplicate of a write if the candidate found it", () => {
  const history = landedTwice();
  history.looked(1, 2, 3);
  history.granted("a", 9, 10);
  history.looked(1, 11, 12);
  assertEquals(isLinearizable(history.operations), false);
});
