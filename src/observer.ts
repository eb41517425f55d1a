/** Follows who holds a lock. */

import type { Candidacy } from "./candidacy.ts";
import { type Leadership, leadershipOf } from "./leadership.ts";
import { Lookout } from "./lookout.ts";
import { Patience } from "./patience.ts";
import type { Sighting } from "./record.ts";

/** Yields who holds the lock now, then each change; a slow reader skips to the newest. Transient trouble is waited out. */
export async function* observe(
  { footing, reporter, closing }: Candidacy,
  outer?: AbortSignal,
): AsyncGenerator<Leadership | null, void, undefined> {
  const patience = new Patience(closing, outer);
  let lookout: Lookout | null = null;
  try {
    const { signal } = patience;
    signal.throwIfAborted();
    const { ttl } = await footing.persist(signal, () => footing.learn());
    lookout = new Lookout(footing, ttl);
    let last: Leadership | null | undefined;
    for (let news: Sighting | null = null;; news = await lookout.next(signal)) {
      const sighting = news ?? await footing.persist(signal, () => footing.look());
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
    lookout?.[Symbol.dispose]();
    patience[Symbol.dispose]();
  }
}
