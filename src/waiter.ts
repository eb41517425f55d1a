/**
 * Waits for a lock that others hold.
 *
 * Whoever sees the release first and writes first gets it: there is no order among processes yet.
 *
 * @module
 */

import type { Clock } from "./clock.ts";
import { NatslockError } from "./errors.ts";
import { Lease } from "./lease.ts";
import { Lookout } from "./lookout.ts";
import { pause } from "./observer.ts";
import type { Sighting } from "./record.ts";
import type { LeaseStore } from "./store.ts";
import type { LeaseTiming } from "./timing.ts";

/** What one who waits can do. */
export interface Contest {
  readonly store: LeaseStore;
  readonly clock: Clock;
  readonly key: string;
  /** One try: a lease, or what it was refused by. */
  attempt(signal: AbortSignal): Promise<Lease | Sighting>;
  /** The times in force, once a try has shown them. */
  timing(): LeaseTiming;
  /** Pause before what failed is tried again, in milliseconds. */
  retryEvery(): number;
  /** Tells that a wait begins. */
  waiting(holder: string): void;
  /** A release was pushed: the next try may be put on it without a look. */
  vacant(sighting: Sighting): void;
}

/** Tries until it is granted. The key is watched from the first refusal on. */
export async function waitTurn(contest: Contest, signal: AbortSignal): Promise<Lease> {
  let lookout: Lookout | null = null;
  try {
    for (;;) {
      const got = await contest.attempt(signal).catch(transient);
      if (got instanceof Lease) return got;
      signal.throwIfAborted();
      if (got instanceof NatslockError) {
        await pause(contest.clock, contest.retryEvery(), signal);
      } else if (lookout === null) {
        // The next try looks once more, since what changed before the watch began was not pushed.
        contest.waiting(got.kind === "held" ? got.record.holder : "");
        lookout = new Lookout({ ...contest, ttl: contest.timing().ttl });
      } else {
        lookout.saw(got);
        await vacancy(contest, lookout, signal);
      }
    }
  } finally {
    lookout?.stop();
  }
}

/** Waits until another try may succeed: a release was pushed, or only a look can tell. */
async function vacancy(contest: Contest, lookout: Lookout, signal: AbortSignal): Promise<void> {
  for (;;) {
    const news = await lookout.next(signal);
    if (news === "look") return;
    if (news.kind === "vacant") return contest.vacant(news);
  }
}

/** Trouble that waiting may mend is a value; any other is thrown on. */
function transient(error: unknown): NatslockError {
  if (error instanceof NatslockError && error.transient) return error;
  throw error;
}
