import { assertEquals } from "@std/assert";
import {
  applied,
  by,
  conflict,
  doubtful,
  failed,
  granted,
  leave,
  ME,
  OTHER,
  play,
  renew,
  retry,
  type Script,
  start,
  unknown,
  vacant,
} from "./helpers/lease_script.ts";

const TABLE: readonly (readonly [title: string, script: Script, end: string])[] = [
  ["removes its own revision on release", [...granted, [20, leave]], "leaving > remove 5"],
  [
    "drains the renewal in flight before it removes",
    [...granted, [300, renew], [310, leave], [320, applied(6)]],
    "leaving > remove 6",
  ],
  ["leaves a successor alone", [...granted, [20, leave], [21, conflict(9)]], "idle released"],
  ["removes a doubtful renewal that landed after all", [...doubtful, [450, leave], [460, conflict(6)], [
    470,
    by(ME, "i.1", 6),
  ]], "leaving > remove 6"],
  ["leaves a successor alone after a doubtful renewal", [...doubtful, [450, leave], [460, conflict(9)], [
    470,
    by(OTHER, "x.1", 9),
  ]], "idle released"],
  [
    "looks for a renewal in doubt that the last look did not show",
    [...doubtful, [450, retry], [460, by(ME, "i.1", 5)], [470, leave], [480, conflict(6)]],
    "leaving > read",
  ],
  [
    "looks again, and does not remove, after a refused removal whose look failed: its number may come back as another's",
    [...doubtful, [450, leave], [460, conflict(0)], [470, failed], [480, retry]],
    "leaving > read",
  ],
  ["does not take an older record of its own for a doubtful write on 0, which may land yet", [
    [0, start],
    [1, unknown],
    [2, leave],
    [3, by(ME, "i.0", 4)],
    [4, conflict(7)],
    [5, by(ME, "i.1", 7)],
  ], "leaving > remove 7"],
  ["fences off a doubtful grant on the record of an earlier life of its id, which may land yet", [
    [0, start],
    [1, by(ME, "old.1", 4)],
    [2, unknown],
    [3, leave],
    [4, by(ME, "old.1", 4)],
    [5, retry],
  ], "leaving > remove 4"],
  ["does not believe a look older than what refused its removal", [
    [0, start],
    [1, leave],
    [2, unknown],
    [3, conflict(6)],
    [4, vacant(0)],
  ], "leaving > read fresh"],
  ["repeats a removal of unknown outcome", [...granted, [20, leave], [21, unknown], [30, retry]], "leaving > remove 5"],
  [
    "gives a removal up once the record has run out by itself",
    [...granted, [20, leave], [1020, unknown]],
    "idle abandoned",
  ],
  [
    "removes an earlier life's record on release without a hold",
    [[0, leave], [1, by(ME, "old.1", 4)]],
    "leaving > remove 4 fresh",
  ],
  [
    "asks what stream it is before a removal, once that was not seen for a lease",
    [[0, { ...start, checkedAt: -500 }], [10, applied(5)], [600, leave]],
    "leaving > remove 5 fresh",
  ],
  [
    "looks before it goes on with a removal once its record has run out, and leaves another's alone",
    [...granted, [20, leave], [500, unknown], [1050, retry], [1060, by(OTHER, "x.1", 5)]],
    "idle released",
  ],
  [
    "looks before it fences off a write that has been in doubt for a lease, and leaves another's record there alone",
    [[0, start], [10, unknown], [1100, leave], [1110, by(OTHER, "x.1", 0)]],
    "idle released",
  ],
  ["leaves another's record on release without a hold", [[0, leave], [1, by(OTHER, "x.1", 4)]], "idle released"],
];

for (const [title, script, end] of TABLE) {
  Deno.test(`step() ${title}`, () => assertEquals(play(script), end));
}
