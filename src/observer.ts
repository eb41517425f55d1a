/**
 * Follows who holds a lock.
 *
 * @module
 */

import { NatslockError } from "./errors.ts";
import { type Leadership, leadershipOf } from "./leadership.ts";
import { Lookout, type Post } from "./lookout.ts";
import type { Sighting } from "./record.ts";
import type { LeaseTiming } from "./timing.ts";

/** What an observation needs. */
export interface Observation extends Post {
  readonly timing: LeaseTiming;
  /** Ends it: the iteration then rejects with the signal's reason. */
  readonly signal: AbortSignal;
}

/** Yields who holds the lock now, then each change; a slow reader skips to the newest. */
export async function* observe(observation: Observation): AsyncGenerator<Leadership | null, void, undefined> {
  const { signal, ttl } = observation;
  const lookout = new Lookout(observation);
  let last: Leadership | null | undefined;
  try {
    let news: Sighting | "look" = "look";
    for (;;) {
      const sighting: Sighting = news === "look" ? await look(observation) : news;
      signal.throwIfAborted();
      if (news === "look") lookout.saw(sighting);
      const leader = leadershipOf(sighting, ttl);
      if (last === undefined || leader?.token !== last?.token || leader?.holder !== last?.holder) {
        last = leader;
        yield leader;
      }
      news = await lookout.next(signal);
    }
  } finally {
    lookout.stop();
  }
}

/** Looks until there is an answer; rejects at trouble that waiting does not mend. */
async function look(observation: Observation): Promise<Sighting> {
  const { store, clock, key, timing, signal } = observation;
  for (;;) {
    signal.throwIfAborted();
    const outcome = await store.read(key, { timeout: timing.requestTimeout });
    if (outcome.kind === "seen") return outcome.sighting;
    if (!(outcome.error instanceof NatslockError) || !outcome.error.transient) throw outcome.error;
    await pause(clock, timing.retryEvery, signal);
  }
}

/** Waits; an aborted signal ends it early. */
export function pause(clock: Post["clock"], ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      cancel();
      signal.removeEventListener("abort", done);
      resolve();
    };
    const cancel = clock.after(ms, done);
    signal.addEventListener("abort", done, { once: true });
    if (signal.aborted) done();
  });
}
