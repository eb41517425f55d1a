/**
 * Follows who holds a lock.
 *
 * @module
 */

import type { Candidacy } from "./candidacy.ts";
import { type Leadership, leadershipOf } from "./leadership.ts";
import { Lookout, type LookoutNews } from "./lookout.ts";
import { Patience } from "./patience.ts";

/** Yields who holds the lock now, then each change; a slow reader skips to the newest. Transient trouble is waited out. */
export async function* observe(
  { footing, reporter, closing }: Candidacy,
  outer: AbortSignal | undefined,
): AsyncGenerator<Leadership | null, void, undefined> {
  using patience = new Patience(closing, outer);
  const { signal } = patience;
  signal.throwIfAborted();
  const { ttl } = await footing.persist(signal, () => footing.learn());
  using lookout = new Lookout(footing, ttl);
  let last: Leadership | null | undefined;
  let news: LookoutNews = "look";
  for (;;) {
    const sighting = news === "look" ? await footing.persist(signal, () => footing.look()) : news;
    signal.throwIfAborted();
    if (news === "look") lookout.saw(sighting);
    const leader = leadershipOf(sighting, footing.terms.ttl);
    if (last === undefined || leader?.token !== last?.token || leader?.holder !== last?.holder) {
      last = leader;
      reporter.tell({ type: "observed", leader });
      yield leader;
    }
    news = await lookout.next(signal);
  }
}
