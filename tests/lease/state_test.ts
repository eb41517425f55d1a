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
} from "../helpers/lease_script.ts";

const TABLE: readonly (readonly [title: string, script: Script, end: string])[] = [
  ["writes at once on a key never seen", [[0, start]], "seeking > write i.1 on 0"],
  ["holds from before the request left", granted, "held 5@5 until 900"],
  ["takes back a grant that came too late", [[0, start], [900, applied(5)]], "leaving > remove 5"],
  ["looks after a conflict", [[0, start], [1, conflict(3)]], "seeking > read"],
  ["pauses when another write is in flight", [[0, start], [1, conflict(null)]], "seeking > pause contention"],
  ["looks after such a pause", [[0, start], [1, conflict(null)], [9, retry]], "seeking > read"],
  ["looks after an unknown outcome", [[0, start], [1, unknown]], "seeking > read"],
  [
    "holds from the first write when a look shows its own attempt",
    [[0, start], [300, unknown], [310, by(ME, "i.1", 5)]],
    "held 5@5 until 900",
  ],
  [
    "takes back its own attempt that a look shows too late",
    [[0, start], [300, unknown], [900, by(ME, "i.1", 5)]],
    "leaving > remove 5",
  ],
  [
    "writes again while the first write may still land: whichever does is ours",
    [[0, start], [300, unknown], [310, vacant(0)]],
    "seeking > write i.2 on 0",
  ],
  [
    "counts a repeated grant from its own write",
    [[0, start], [300, unknown], [310, vacant(0)], [320, applied(5)]],
    "held 5@5 until 1210",
  ],
  [
    "counts a grant of unknown outcome from its write, not from the look",
    [[0, start], [300, unknown], [310, by(ME, "i.1", 5)]],
    "held 5@5 until 900",
  ],
  [
    "writes over an earlier write of its own that landed after all",
    [[0, start], [300, unknown], [310, vacant(0)], [320, conflict(5)], [330, by(ME, "i.1", 5)]],
    "seeking > write i.3 on 5",
  ],
  [
    "removes an earlier write of its own that landed after the cancellation",
    [[0, start], [300, unknown], [310, vacant(0)], [315, leave], [320, conflict(5)], [330, by(ME, "i.1", 5)]],
    "leaving > remove 5",
  ],
  [
    "writes with a new nonce where the key has moved on",
    [[0, start], [1, conflict(3)], [2, vacant(3)]],
    "seeking > write i.2 on 3",
  ],
  ["is refused by another holder", refused, "idle refused"],
  ["is refused by a stranger's bytes", [[0, start], [1, conflict(3)], [2, foreign(3)]], "idle refused"],
  ["looks first after a refusal", [...refused, [10, start]], "seeking > read"],
  [
    "writes over an earlier life of its own id",
    [[0, start], [1, conflict(3)], [2, by(ME, "old.7", 3)]],
    "seeking > write i.2 on 3",
  ],
  [
    "asks again when a look is older than what was seen",
    [[0, start], [1, conflict(9)], [2, by(OTHER, "x.1", 3)]],
    "seeking > read fresh",
  ],
  ["writes where a refusal says that nothing stands", [...granted, [20, leave], [21, applied(6)], [30, start], [
    31,
    conflict(0),
  ]], "seeking > write i.3 on 0"],
  [
    "writes on the mark of a release while it stands",
    [...granted, [20, leave], [21, applied(6)], [30, start]],
    "seeking > write i.2 on 6",
  ],
  [
    "writes on nothing once that mark has run out",
    [...granted, [20, leave], [21, applied(6)], [600, start]],
    "seeking > write i.2 on 0",
  ],
  ["withdraws a grant from a stream that began anew", [...granted, [20, leave], [21, applied(6)], [600, start], [
    601,
    applied(1),
  ]], "leaving > remove 1"],
  [
    "stops at trouble and looks when asked again",
    [[0, start], [1, unknown], [2, failed], [9, retry]],
    "seeking > read",
  ],
  ["ends a cancelled try of which nothing can stand", [[0, start], [1, conflict(null)], [2, leave]], "idle released"],
  [
    "fences a cancelled try that is in doubt",
    [[0, start], [1, unknown], [2, failed], [3, leave]],
    "leaving > remove 0",
  ],
  ["waits for the answer to a cancelled write", [[0, start], [1, leave]], "leaving"],
  ["takes back a cancelled write that was applied", [[0, start], [1, leave], [2, applied(5)]], "leaving > remove 5"],
  [
    "never removes what it only looked at",
    [...refused, [10, start], [11, leave], [12, by(OTHER, "x.1", 3)]],
    "idle released",
  ],

  ["renews on its own last revision", [...granted, [300, renew]], "held 5@5 until 900 > write i.1 on 5"],
  [
    "keeps its token and counts from the renewal's start",
    [...granted, [300, renew], [350, applied(6)]],
    "held 5@6 until 1200",
  ],
  [
    "stops before the old end even if a renewal is applied later",
    [...granted, [300, renew], [900, applied(6)]],
    "idle lost deadline",
  ],
  ["rides out an unknown renewal", doubtful, "held 5@5 until 900 > pause trouble"],
  ["looks before it renews again", [...doubtful, [450, retry]], "held 5@5 until 900 > read"],
  ["counts a renewal in doubt that a look shows from when it left", [...doubtful, [450, retry], [
    460,
    by(ME, "i.1", 6),
  ]], "held 5@6 until 1200 > write i.1 on 6"],
  ["counts a renewal that a look shows from the earliest that left, though that one failed", [
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
    "writes again where the renewal in doubt has not landed",
    [...doubtful, [450, retry], [460, by(ME, "i.1", 5)]],
    "held 5@5 until 900 > write i.1 on 5",
  ],
  [
    "looks before it calls a conflict a loss",
    [...granted, [300, renew], [310, conflict(8)]],
    "held 5@5 until 900 > read",
  ],
  [
    "does not take an in-flight refusal for a loss",
    [...granted, [300, renew], [310, conflict(null)]],
    "held 5@5 until 900 > pause contention",
  ],
  [
    "is lost when a look shows another",
    [...granted, [300, renew], [310, conflict(8)], [320, by(OTHER, "x.1", 8)]],
    "idle lost superseded",
  ],
  ["is lost when a look shows another life of its id", [...granted, [300, renew], [310, conflict(8)], [
    320,
    by(ME, "z.1", 8),
  ]], "idle lost superseded"],
  ["looks twice before it believes that its record is gone", [...granted, [300, renew], [310, conflict(0)], [
    320,
    vacant(0),
  ]], "held 5@5 until 900 > read fresh"],
  ["is lost when the record is gone, and not taken again", [...granted, [300, renew], [310, conflict(0)], [
    320,
    seen({ kind: "vacant", revision: 0 }, true),
  ]], "idle lost removed"],
  ["asks what the stream is after a loss, though the lead was given back meanwhile", [
    ...granted,
    [300, renew],
    [310, conflict(0)],
    [320, seen({ kind: "vacant", revision: 0 }, true)],
    [330, leave],
    [340, vacant(0)],
    [350, start],
  ], "seeking > read fresh"],
  ["does not trust a look older than its own write", [...granted, [300, renew], [310, conflict(8)], [
    320,
    by(OTHER, "x.1", 3),
  ]], "held 5@5 until 900 > read fresh"],
  ["decides nothing by a hint", [...granted, [20, hint({ kind: "vacant", revision: 9 })]], "held 5@5 until 900"],
  ["is over at its end whatever is in flight", [...granted, [300, renew], [900, tick]], "idle lost deadline"],
  [
    "does not start while an answer is outstanding",
    [...granted, [300, renew], [900, tick], [901, start]],
    "idle lost deadline",
  ],
  ["writes over its own old record", [...granted, [900, tick], [901, start]], "seeking > write i.2 on 5"],
  [
    "writes at once on a pushed release",
    [...refused, [10, hint({ kind: "vacant", revision: 7 })], [11, start]],
    "seeking > write i.2 on 7",
  ],
];

for (const [title, script, end] of TABLE) {
  Deno.test(`step() ${title}`, () => assertEquals(play(script), end));
}
