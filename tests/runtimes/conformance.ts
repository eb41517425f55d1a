/**
 * The suite of `tests/runtimes/runtimes_test.ts`: checks of natslock as plain functions that run in any runtime.
 *
 * @module
 */

import { Bench, type Place } from "./bench.ts";
import { within } from "./expect.ts";
import { disposes, isGrantedOnce, isRefused, keeps, leadsAgain, releases, runsUnderLease, takes } from "./holding.ts";
import { isTakenOver, lapses, noticesOverwriting, noticesRemoval, tellsOfUnprotectedWork } from "./losing.ts";
import { grantsInOrder, sharesUpToLimit, steals, takesAnyName } from "./many_locks.ts";
import { isCancelled, isClosed, isHandedOver, observes, timesOut } from "./waiting.ts";

/** One check. */
export interface Check {
  readonly title: string;
  readonly run: (bench: Bench) => Promise<void>;
}

/** Result of a check. `error` is missing if it passed. */
export interface Outcome {
  readonly title: string;
  readonly error?: string;
}

/** Time limit of one check, in milliseconds. A check that hangs must not hide the others. */
const LONGEST = 20_000;

/** The checks of Locker, which every supported server passes. */
export const LOCKER_CHECKS: readonly Check[] = [
  { title: "acquire: a vacant lock is acquired, and its leader is known", run: takes },
  { title: "acquire: exactly one of six candidates is granted", run: isGrantedOnce },
  { title: "refuse: another candidate is refused, and cannot release", run: isRefused },
  { title: "renew: a lease renews itself beyond its length", run: keeps },
  { title: "release: another acquires immediately, with a higher token", run: releases },
  { title: "crash: a holder that is cut off stands down before another is granted", run: isTakenOver },
  { title: "crash: a holder that stops calling is replaced", run: lapses },
  { title: "lease: run() holds one while its work runs", run: runsUnderLease },
  { title: "lease: disposing a lease or a Locker releases it", run: disposes },
  { title: "lease: lead() is elected again after its work ended", run: leadsAgain },
  { title: "signal: aborts when the record is removed", run: noticesRemoval },
  { title: "signal: aborts when the record is overwritten", run: noticesOverwriting },
  { title: "signal: run() rejects if its lease was lost", run: tellsOfUnprotectedWork },
  { title: "observe: the current leader, then each change", run: observes },
  { title: "cancel: a wait rejects with the given reason", run: isCancelled },
  { title: "cancel: a wait ends after its timeout", run: timesOut },
  { title: "cancel: close() ends a wait", run: isClosed },
  { title: "hand-over: a release is pushed to a waiting candidate", run: isHandedOver },
];

/** All checks by title. Many locks need server 2.11. */
export const CHECKS: readonly Check[] = [
  ...LOCKER_CHECKS,
  { title: "many locks: requests are granted in order, with rising tokens", run: grantsInOrder },
  { title: "many locks: shared requests hold together, up to their limit", run: sharesUpToLimit },
  { title: "many locks: any string is a name", run: takesAnyName },
  { title: "many locks: a theft aborts the holder's signal", run: steals },
];

/** Runs checks at the same time, each on its own key. Never rejects. */
export function conform(place: Place, checks: readonly Check[] = CHECKS): Promise<Outcome[]> {
  return Promise.all(checks.map((check, index) => outcomeOf(check, new Bench(place, `check-${index}`))));
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
