import { assertEquals } from "@std/assert";
import {
  applied,
  by,
  conflict,
  doubtful,
  failed,
  foreign,
  granted,
  hint,
  leave,
  ME,
  OTHER,
  play,
  refused,
  renew,
  retry,
  type Script,
  seen,
  start,
  tick,
  unknown,
  vacant,
} from "./script.ts";

const TABLE: readonly (readonly [title: string, script: Script, end: string])[] = [
  ["writes at once on a key never seen", [[0, start]], "seeking > write i.1 on 0"],
  ["counts a grant from before its write was sent", granted, "held 5@5 until 900"],
  ["removes a grant that came too late", [[0, start], [900, applied(5)]], "leaving > remove 5"],
  ["reads after a conflict", [[0, start], [1, conflict(3)]], "seeking > read"],
  ["pauses when another write is in flight", [[0, start], [1, conflict(null)]], "seeking > pause contention"],
  ["reads after that pause", [[0, start], [1, conflict(null)], [9, retry]], "seeking > read"],
  ["reads after an unknown outcome", [[0, start], [1, unknown]], "seeking > read"],
  [
    "holds from the first write when a read finds its own attempt",
    [[0, start], [300, unknown], [310, by(ME, "i.1", 5)]],
    "held 5@5 until 900",
  ],
  [
    "removes its own attempt that a read finds too late",
    [[0, start], [300, unknown], [900, by(ME, "i.1", 5)]],
    "leaving > remove 5",
  ],
  [
    "writes again while the first write may still be stored: both are ours",
    [[0, start], [300, unknown], [310, vacant(0)]],
    "seeking > write i.2 on 0",
  ],
  [
    "counts a repeated grant from its own write",
    [[0, start], [300, unknown], [310, vacant(0)], [320, applied(5)]],
    "held 5@5 until 1210",
  ],
  [
    "counts a grant of unknown outcome from its write, not from the read",
    [[0, start], [300, unknown], [310, by(ME, "i.1", 5)]],
    "held 5@5 until 900",
  ],
  [
    "overwrites its own earlier write that was stored after all",
    [[0, start], [300, unknown], [310, vacant(0)], [320, conflict(5)], [330, by(ME, "i.1", 5)]],
    "seeking > write i.3 on 5",
  ],
  [
    "removes its own earlier write that was stored after the cancellation",
    [[0, start], [300, unknown], [310, vacant(0)], [315, leave], [320, conflict(5)], [330, by(ME, "i.1", 5)]],
    "leaving > remove 5",
  ],
  [
    "writes with a new nonce at the revision that the key has moved to",
    [[0, start], [1, conflict(3)], [2, vacant(3)]],
    "seeking > write i.2 on 3",
  ],
  ["is refused by another holder", refused, "idle refused"],
  ["is refused by a foreign value", [[0, start], [1, conflict(3)], [2, foreign(3)]], "idle refused"],
  ["reads first after a refusal", [...refused, [10, start]], "seeking > read"],
  [
    "overwrites the record of an earlier process with its id",
    [[0, start], [1, conflict(3)], [2, by(ME, "old.7", 3)]],
    "seeking > write i.2 on 3",
  ],
  [
    "reads again if a read is older than what was seen",
    [[0, start], [1, conflict(9)], [2, by(OTHER, "x.1", 3)]],
    "seeking > read fresh",
  ],
  ["writes at 0 if a refusal shows an empty key", [...granted, [20, leave], [21, applied(6)], [30, start], [
    31,
    conflict(0),
  ]], "seeking > write i.3 on 0"],
  [
    "writes at the revision of a release marker until that expires",
    [...granted, [20, leave], [21, applied(6)], [30, start]],
    "seeking > write i.2 on 6",
  ],
  [
    "writes at 0 once that marker has expired",
    [...granted, [20, leave], [21, applied(6)], [600, start]],
    "seeking > write i.2 on 0",
  ],
  ["withdraws a grant from a re-created stream", [...granted, [20, leave], [21, applied(6)], [600, start], [
    601,
    applied(1),
  ]], "leaving > remove 1"],
  [
    "stops at an error and reads when asked again",
    [[0, start], [1, unknown], [2, failed], [9, retry]],
    "seeking > read",
  ],
  ["ends a cancelled try with nothing stored", [[0, start], [1, conflict(null)], [2, leave]], "idle released"],
  [
    "fences off a cancelled try that is in doubt",
    [[0, start], [1, unknown], [2, failed], [3, leave]],
    "leaving > remove 0",
  ],
  ["waits for the answer to a cancelled write", [[0, start], [1, leave]], "leaving"],
  ["removes a cancelled write that was applied", [[0, start], [1, leave], [2, applied(5)]], "leaving > remove 5"],
  [
    "never removes a record that it only read",
    [...refused, [10, start], [11, leave], [12, by(OTHER, "x.1", 3)]],
    "idle released",
  ],

  ["renews at its own last revision", [...granted, [300, renew]], "held 5@5 until 900 > write i.1 on 5"],
  [
    "keeps its token and counts from the sending of the renewal",
    [...granted, [300, renew], [350, applied(6)]],
    "held 5@6 until 1200",
  ],
  [
    "is over at the old end even if a renewal is applied later",
    [...granted, [300, renew], [900, applied(6)]],
    "idle lost deadline",
  ],
  ["stays held after a renewal of unknown outcome", doubtful, "held 5@5 until 900 > pause trouble"],
  ["reads before it renews again", [...doubtful, [450, retry]], "held 5@5 until 900 > read"],
  ["counts a renewal in doubt that a read finds from its sending", [...doubtful, [450, retry], [
    460,
    by(ME, "i.1", 6),
  ]], "held 5@6 until 1200 > write i.1 on 6"],
  ["counts a renewal that a read finds from the sending of the earliest, even if that one failed", [
    ...granted,
    [300, renew],
    [310, failed],
    [380, retry],
    [390, by(ME, "i.1", 5)],
    [450, unknown],
    [500, retry],
    [510, by(ME, "i.1", 6)],
  ], "held 5@6 until 1200 > write i.1 on 6"],
  [
    "writes again if the renewal in doubt is not stored",
    [...doubtful, [450, retry], [460, by(ME, "i.1", 5)]],
    "held 5@5 until 900 > write i.1 on 5",
  ],
  [
    "reads after a conflict before the lease counts as lost",
    [...granted, [300, renew], [310, conflict(8)]],
    "held 5@5 until 900 > read",
  ],
  [
    "is not lost by a conflict with a write in flight",
    [...granted, [300, renew], [310, conflict(null)]],
    "held 5@5 until 900 > pause contention",
  ],
  [
    "is lost if a read finds another holder",
    [...granted, [300, renew], [310, conflict(8)], [320, by(OTHER, "x.1", 8)]],
    "idle lost superseded",
  ],
  ["is lost if a read finds another process with its id", [...granted, [300, renew], [310, conflict(8)], [
    320,
    by(ME, "z.1", 8),
  ]], "idle lost superseded"],
  ["reads twice before it believes that its record is gone", [...granted, [300, renew], [310, conflict(0)], [
    320,
    vacant(0),
  ]], "held 5@5 until 900 > read fresh"],
  ["is lost if the record is gone, and not taken again", [...granted, [300, renew], [310, conflict(0)], [
    320,
    seen({ kind: "vacant", revision: 0 }, true),
  ]], "idle lost removed"],
  ["checks the stream after a loss, even if the lead was released meanwhile", [
    ...granted,
    [300, renew],
    [310, conflict(0)],
    [320, seen({ kind: "vacant", revision: 0 }, true)],
    [330, leave],
    [340, vacant(0)],
    [350, start],
  ], "seeking > read fresh"],
  [
    "checks the stream half a lease after the last check was asked for, however late its answer came",
    [[0, { ...start, checkedAt: -1000 }], [240, { ...applied(5), checkedAt: 0 }], [500, renew]],
    "held 5@5 until 900 > write i.1 on 5 fresh",
  ],
  ["reads again if a read is older than its own write", [...granted, [300, renew], [310, conflict(8)], [
    320,
    by(OTHER, "x.1", 3),
  ]], "held 5@5 until 900 > read fresh"],
  ["does nothing on a hint", [...granted, [20, hint({ kind: "vacant", revision: 9 })]], "held 5@5 until 900"],
  ["is over at its end even if a renewal is in flight", [...granted, [300, renew], [900, tick]], "idle lost deadline"],
  [
    "does not start while a request is in flight",
    [...granted, [300, renew], [900, tick], [901, start]],
    "idle lost deadline",
  ],
  ["overwrites its own old record", [...granted, [900, tick], [901, start]], "seeking > write i.2 on 5"],
  [
    "writes at once on a pushed release",
    [...refused, [10, hint({ kind: "vacant", revision: 7 })], [11, start]],
    "seeking > write i.2 on 7",
  ],
];

for (const [title, script, end] of TABLE) {
  Deno.test(`step() ${title}`, () => assertEquals(play(script), end));
}
