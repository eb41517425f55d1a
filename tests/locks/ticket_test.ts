import { assertEquals } from "@std/assert";
import type { TicketEvent } from "../../src/locks/ticket_model.ts";
import { applied, conflict, denied, failed, granted, hopeless, leave, play, removed, retry } from "./ticket_script.ts";
import { shows, unknown, vacant } from "./ticket_script.ts";

type Row = readonly [what: string, expected: number, script: readonly TicketEvent[], result: string];

const WRITING: readonly Row[] = [
  ["is written on the revision that its key is known to have", 7, [], "writing > write 1 on 7"],
  ["is queued at its revision", 0, [applied(5)], "queued 5"],
  ["that is refused is written on the revision of the key", 0, [conflict(3)], "writing > write 2 on 3"],
  ["that is refused since a marker expired is written on the empty key", 3, [conflict(0)], "writing > write 2 on 0"],
  ["that collides pauses", 0, [conflict(null)], "writing > pause contention"],
  ["is written again after a pause", 0, [conflict(null), retry], "writing > write 2 on 0"],
  ["pauses after three refusals", 0, [conflict(1), conflict(2), conflict(3)], "writing > pause contention"],
  ["knows the revision after the pause", 0, [conflict(1), conflict(2), conflict(3), retry], "writing > write 4 on 3"],
  ["that failed pauses", 0, [failed], "writing > pause trouble"],
  ["that is not allowed is gone", 0, [denied], "gone failed !"],
  ["that is not wanted waits for the answer", 0, [leave], "writing unwanted"],
  ["that is not wanted is removed once it is stored", 0, [leave, applied(5)], "leaving 5 > remove 5"],
  ["that is not wanted and was refused is gone", 0, [leave, conflict(3)], "gone left null"],
  ["that is not wanted and failed is gone", 0, [leave, failed], "gone left null"],
  ["that is not wanted during a pause is gone", 0, [failed, leave], "gone left null"],
  ["ignores a grant before it is stored", 0, [granted], "writing"],
];

const DOUBTFUL: readonly Row[] = [
  ["without an answer is read", 0, [unknown], "doubtful > read"],
  ["that the read shows is queued", 0, [unknown, shows(5, true)], "queued 5"],
  ["that the read does not show is fenced off for an hour", 0, [unknown, vacant(0)], "doubtful > fence 0"],
  ["on an empty key is fenced off at the marker that stands there", 0, [unknown, vacant(4)], "doubtful > fence 4"],
  ["on an empty key is fenced off at another ticket", 0, [unknown, shows(4, false)], "doubtful > fence 4"],
  ["that was fenced off gives its slot up", 0, [unknown, vacant(0), applied(9)], "gone fenced"],
  [
    "that fails each time without an answer is gone once it was fenced off",
    0,
    [hopeless, vacant(0), applied(9)],
    "gone fenced !",
  ],
  ["that fails each time without an answer is queued if the read shows it", 0, [hopeless, shows(5, true)], "queued 5"],
  ["on a marker that fails each time without an answer is gone", 4, [hopeless, vacant(6)], "gone failed !"],
  ["on a marker is fenced off for a short time", 4, [unknown, vacant(4)], "doubtful > remove 4"],
  ["on a marker is written on the marker of the fence", 4, [unknown, vacant(4), applied(9)], "writing > write 2 on 9"],
  ["on a marker is impossible above it", 4, [unknown, vacant(6)], "writing > write 2 on 6"],
  ["on a marker does not believe an older answer", 4, [unknown, vacant(3)], "doubtful > remove 4"],
  ["on a marker does not believe that the key is empty", 4, [unknown, vacant(0)], "doubtful > remove 4"],
  ["whose fence finds an empty key is impossible", 4, [unknown, vacant(4), conflict(0)], "writing > write 2 on 0"],
  [
    "whose fence on a marker finds an empty key is fenced off there",
    0,
    [unknown, vacant(4), conflict(0)],
    "doubtful > fence 0",
  ],
  ["whose fence is refused is read again", 0, [unknown, vacant(0), conflict(5)], "doubtful > read"],
  [
    "whose fence is refused does not believe an old answer",
    0,
    [unknown, vacant(0), conflict(5), vacant(0)],
    "doubtful > pause contention",
  ],
  ["whose fence collides pauses", 0, [unknown, vacant(0), conflict(null)], "doubtful > pause contention"],
  ["whose fence has no answer pauses", 0, [unknown, vacant(0), unknown], "doubtful > pause trouble"],
  ["that could not be read pauses", 0, [unknown, failed], "doubtful > pause trouble"],
  ["reads again after a pause", 0, [unknown, failed, retry], "doubtful > read"],
  ["that may not be read is gone", 0, [unknown, denied], "gone failed !"],
  ["that is not wanted is fenced off at once", 0, [leave, unknown], "doubtful unwanted > fence 0"],
  ["that is not wanted is removed if the read shows it", 0, [unknown, leave, shows(5, true)], "leaving 5 > remove 5"],
  ["that is not wanted gives its fenced slot up", 0, [leave, unknown, applied(9)], "gone fenced"],
  ["that is not wanted is gone once it is impossible", 4, [leave, unknown, applied(9)], "gone left null"],
];

const STORED: readonly Row[] = [
  ["is held once granted", 0, [applied(5), granted], "held 5"],
  ["that leaves the queue is removed at its place", 0, [applied(5), leave], "leaving 5 > remove 5"],
  ["that is released is removed at its place", 0, [applied(5), granted, leave], "leaving 5 > remove 5"],
  ["that another removed is gone", 0, [applied(5), removed], "gone removed"],
  ["ignores an answer that it does not wait for", 0, [applied(5), conflict(9)], "queued 5"],
];

const LEAVING: readonly Row[] = [
  ["that is removed knows its marker", 0, [applied(5), leave, applied(6)], "gone left 6"],
  ["that was removed by another is gone", 0, [applied(5), leave, conflict(6)], "gone left null"],
  ["that hears of a theft while it leaves is gone", 0, [applied(5), leave, removed], "gone left null"],
  ["whose removal collides pauses", 0, [applied(5), leave, conflict(null)], "leaving 5 > pause contention"],
  ["whose removal has no answer pauses", 0, [applied(5), leave, unknown], "leaving 5 > pause trouble"],
  ["whose removal failed pauses", 0, [applied(5), leave, failed], "leaving 5 > pause trouble"],
  ["is removed again at the same place", 0, [applied(5), leave, unknown, retry], "leaving 5 > remove 5"],
  ["whose removal was stored without an answer pushes another marker", 0, [
    applied(5),
    leave,
    unknown,
    retry,
    conflict(6),
  ], "leaving 6 > remove 6"],
  ["whose marker expired meanwhile is gone", 0, [applied(5), leave, unknown, retry, conflict(0)], "gone left null"],
  ["that may not be removed is gone with the error", 0, [applied(5), leave, denied], "gone left null !"],
  ["ignores everything once it is gone", 0, [applied(5), leave, applied(6), granted, leave, retry], "gone left 6"],
];

for (const rows of [WRITING, DOUBTFUL, STORED, LEAVING]) {
  for (const [what, expected, script, result] of rows) {
    Deno.test(`ticketStep(): a ticket ${what}`, () => assertEquals(play(expected, ...script), result));
  }
}
