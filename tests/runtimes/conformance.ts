/**
 * What natslock does, as plain functions that run in any runtime: the one suite of `tests/runtimes/runtimes_test.ts`.
 *
 * @module
 */

import { Bench, type Place } from "./bench.ts";
import { within } from "./expect.ts";
import { disposes, isGrantedOnce, isRefused, keeps, leadsAgain, releases, runsUnderLease, takes } from "./holding.ts";
import { isTakenOver, lapses, noticesOverwriting, noticesRemoval, tellsOfUnprotectedWork } from "./losing.ts";
import { isCancelled, isClosed, isHandedOver, observes, timesOut } from "./waiting.ts";

/** One thing that has to hold. */
interface Check {
  readonly title: string;
  readonly run: (bench: Bench) => Promise<void>;
}

/** How a check ended; `error` is missing if it passed. */
export interface Outcome {
  readonly title: string;
  readonly error?: string;
}

/** The longest that one check may take, in milliseconds: one that hangs must not hide the others. */
const LONGEST = 20_000;

/** All checks, by what they show. */
export const CHECKS: readonly Check[] = [
  { title: "take: a vacant lock is taken, and its leader known", run: takes },
  { title: "take: of six candidates at once one is granted", run: isGrantedOnce },
  { title: "refuse: another is refused, and cannot release", run: isRefused },
  { title: "keep: a lease renews itself beyond its length", run: keeps },
  { title: "release: another takes at once, with a greater token", run: releases },
  { title: "crash: who is cut off stands down before another is granted", run: isTakenOver },
  { title: "crash: who stops calling is followed", run: lapses },
  { title: "lease: run() holds one for as long as its work", run: runsUnderLease },
  { title: "lease: what is disposed of is given back", run: disposes },
  { title: "lease: lead() is elected again after it resigned", run: leadsAgain },
  { title: "signal: aborts when the record is removed", run: noticesRemoval },
  { title: "signal: aborts when the record is overwritten", run: noticesOverwriting },
  { title: "signal: run() rejects when its lease was lost", run: tellsOfUnprotectedWork },
  { title: "observe: the current leader, then each change", run: observes },
  { title: "cancel: a wait rejects with the given reason", run: isCancelled },
  { title: "cancel: a wait ends after its timeout", run: timesOut },
  { title: "cancel: close() ends a wait", run: isClosed },
  { title: "hand-over: a release is pushed to who waits", run: isHandedOver },
];

/** Runs all checks at once, each on a key of its own; rejects never. */
export function conform(place: Place): Promise<Outcome[]> {
  return Promise.all(CHECKS.map((check, index) => outcomeOf(check, new Bench(place, `check-${index}`))));
}

async function outcomeOf({ title, run }: Check, bench: Bench): Promise<Outcome> {
  try {
    await within(LONGEST, "its end", run(bench));
    return { title };
  } catch (error) {
    return { title, error: error instanceof Error ? `${error.name}: ${error.message}\n${error.stack}` : String(error) };
  } finally {
    await within(LONGEST, "its candidates to close", bench[Symbol.asyncDispose]()).catch(() => {});
  }
}
