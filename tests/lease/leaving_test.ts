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
} from "./script.ts";

const TABLE: readonly (readonly [title: string, script: Script, end: string])[] = [
  ["removes its own revision on release", [...granted, [20, leave]], "leaving > remove 5"],
  [
    "waits for the renewal in flight before it removes",
    [...granted, [300, renew], [310, leave], [320, applied(6)]],
    "leaving > remove 6",
  ],
  ["leaves a successor's record alone", [...granted, [20, leave], [21, conflict(9)]], "idle released"],
  ["removes a renewal in doubt that was stored after all", [...doubtful, [450, leave], [460, conflict(6)], [
    470,
    by(ME, "i.1", 6),
  ]], "leaving > remove 6"],
  ["leaves a successor's record alone after a renewal in doubt", [...doubtful, [450, leave], [460, conflict(9)], [
    470,
    by(OTHER, "x.1", 9),
  ]], "idle released"],
  [
    "reads again for a renewal in doubt that the last read did not show",
    [...doubtful, [450, retry], [460, by(ME, "i.1", 5)], [470, leave], [480, conflict(6)]],
    "leaving > read",
  ],
  [
    "reads again before it removes, if a removal was refused and the read failed: another record may get that revision",
    [...doubtful, [450, leave], [460, conflict(0)], [470, failed], [480, retry]],
    "leaving > read",
  ],
  ["keeps the doubt about a write on 0 when it finds an older record of its own: the write can still be stored", [
    [0, start],
    [1, unknown],
    [2, leave],
    [3, by(ME, "i.0", 4)],
    [4, conflict(7)],
    [5, by(ME, "i.1", 7)],
  ], "leaving > remove 7"],
  ["reads again if a read is older than the revision that refused its removal", [
    [0, start],
    [1, leave],
    [2, unknown],
    [3, conflict(6)],
    [4, vacant(0)],
  ], "leaving > read fresh"],
  ["fences off a grant in doubt on the record of an earlier process with its id, which can still be stored", [
    [0, start],
    [1, by(ME, "old.1", 4)],
    [2, unknown],
    [3, leave],
    [4, by(ME, "old.1", 4)],
    [5, retry],
  ], "leaving > remove 4"],
  ["repeats a removal of unknown outcome", [...granted, [20, leave], [21, unknown], [30, retry]], "leaving > remove 5"],
  [
    "gives up a removal once the record has expired by itself",
    [...granted, [20, leave], [1020, unknown]],
    "idle abandoned",
  ],
  [
    "removes a record of an earlier process with its id on release without a hold",
    [[0, leave], [1, by(ME, "old.1", 4)]],
    "leaving > remove 4 fresh",
  ],
  [
    "checks the stream before a removal if it was not checked for one lease length",
    [[0, { ...start, checkedAt: -500 }], [10, applied(5)], [600, leave]],
    "leaving > remove 5 fresh",
  ],
  [
    "reads before it repeats a removal once its record has expired, and leaves another holder's record alone",
    [...granted, [20, leave], [500, unknown], [1050, retry], [1060, by(OTHER, "x.1", 5)]],
    "idle released",
  ],
  [
    "reads before it fences off a write in doubt for one lease length, and leaves another holder's record alone",
    [[0, start], [10, unknown], [1100, leave], [1110, by(OTHER, "x.1", 0)]],
    "idle released",
  ],
  ["leaves another holder's record on release without a hold", [[0, leave], [1, by(OTHER, "x.1", 4)]], "idle released"],
];

for (const [title, script, end] of TABLE) {
  Deno.test(`step() ${title}`, () => assertEquals(play(script), end));
}
