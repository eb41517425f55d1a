/**
 * Seeds of the worlds with many locks that once broke a rule. They run in every test.
 *
 * @module
 */

import type { Relic } from "../corpus.ts";

export const LOCKS_CORPUS: readonly Relic[] = [
  { seed: 79, was: "a look after the begin of a watch was answered by a replica that was behind" },
  { seed: 150, was: "such a look cost a request that had room a whole round" },
  { seed: 50747, was: "a look that was older than the removal of an own ticket made a request wait for that ticket" },
  { seed: 60, was: "a thief that was robbed stole again, and two thieves robbed each other without end" },
  { seed: 80233, was: "the same: 2,743 messages in two seconds at rest" },
  {
    seed: 1000011093,
    was: "a request waited too long behind a ticket of its own session that the session had forgotten",
    small: true,
  },
  {
    seed: 3000214946,
    was: "a session that had withdrawn its first record came back, and was taken for dead",
    small: true,
  },
  {
    seed: 3100034128,
    was: "the judge: a query need not show a request whose session is over, and whose ticket is being removed",
    small: true,
  },
  { seed: 3100055708, was: "the judge: nor one that another lock manager of the process made", small: true },
  {
    seed: 3200196767,
    was:
      "the stream leader's answer to a look denied a push that came after it, and a request waited for a whole round",
    small: true,
  },
  {
    seed: 3300244130,
    was: "a session knew a revision of a former bucket, and never held the locks that it was granted in the new one",
    small: true,
  },
  {
    seed: 3300275792,
    was:
      "a new session waited for the settings for longer than for any other answer; the judge took a late copy of the " +
      "record of the one before for a living session",
    small: true,
  },
  {
    seed: 3400252377,
    was: "a request waited for a ticket of its own session that another of its requests had written over",
    small: true,
  },
  {
    seed: 3600452115,
    was: "a query did not wait for a request that had lost its session, and had no new ticket yet",
    small: true,
  },
  {
    seed: 3600353110,
    was: "the simulator closed the same manager twice in a process that slept, and left another open",
    small: true,
  },
  {
    seed: 3900000715,
    was: "a query took an answer without the record of its own session, and showed an own lock as waiting",
    small: true,
  },
  {
    seed: 3900001060,
    was: "a query took an answer that still showed the holder before, and showed an own lock as waiting",
    small: true,
  },
  {
    seed: 4100217180,
    was: "a query whose session was lost while an answer was under way showed its request with no ticket",
    small: true,
  },
  {
    seed: 4100142388,
    was: "the judge took an earlier try of the first record, stored late in a later bucket, for the owner's own",
    small: true,
  },
  {
    seed: 4200677330,
    was: "the judge did not allow that a replica that is behind answers the check after a theft whose push was lost",
    small: true,
  },
  {
    seed: 625,
    was: "a queue was read from a revision that the servers had lost, and its requests waited forever",
    small: true,
    lostWrites: true,
  },
  {
    seed: 939,
    was: "a ticket below the revision of an earlier renewal was never granted, though a later renewal kept the session",
    small: true,
    lostWrites: true,
  },
];
