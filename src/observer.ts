/** Follows who holds a lock. */

import type { Candidacy } from "./candidacy.ts";
import { type Leadership, leadershipOf } from "./leadership.ts";
import { Lookout } from "./lookout.ts";
import { onAbort, Patience, requireSignal, unlessAborted } from "./patience.ts";
import type { Sighting } from "./record.ts";
import { Retrier } from "./retrier.ts";

/**
 * Yields who holds the lock now, then each change, until a signal ends it; a slow reader skips to the newest. Transient
 * trouble is waited out.
 */
export async function* observe(
  candidacy: Candidacy,
  outer?: AbortSignal,
): AsyncGenerator<Leadership | null, void, undefined> {
  requireSignal(outer);
  candidacy.closing.throwIfAborted();
  const patience = new Patience(candidacy.closing, outer);
  try {
    yield* follow(candidacy, patience.signal);
  } catch (error) {
    if (!patience.signal.aborted || error !== patience.signal.reason) throw error;
  } finally {
    patience[Symbol.dispose]();
  }
}

async function* follow(
  { footing, reporter }: Candidacy,
  signal: AbortSignal,
): AsyncGenerator<Leadership | null, void, undefined> {
  signal.throwIfAborted();
  const retrier = new Retrier({ footing, reporter });
  await retrier.run(signal, () => unlessAborted(signal, footing.learn()));
  const lookout = new Lookout(footing, (error) => retrier.failed(error));
  // A reader that does not come back would keep the watch.
  const ending = onAbort(signal, () => lookout[Symbol.dispose]());
  try {
    let last: Leadership | null | undefined;
    for (let news: Sighting | null = null;; news = await lookout.next(signal)) {
      const sighting = news ?? await retrier.run(signal, () => unlessAborted(signal, footing.look()));
      signal.throwIfAborted();
      if (news === null) lookout.saw(sighting);
      const leader = leadershipOf(sighting, footing.terms.ttl);
      if (last === undefined || leader?.token !== last?.token || leader?.holder !== last?.holder) {
        last = leader;
        reporter.tell({ type: "observed", leader });
        yield leader;
      }
    }
  } finally {
    ending[Symbol.dispose]();
    lookout[Symbol.dispose]();
  }
}
