/**
 * Waits for a lock that others hold.
 *
 * Whoever sees the release first and writes first gets it: there is no order among processes yet.
 *
 * @module
 */

import type { Footing } from "./footing.ts";
import { Lease } from "./lease.ts";
import { Lookout, type LookoutNews } from "./lookout.ts";
import type { Sighting } from "./record.ts";

/** What one who waits can do. */
export interface Contest {
  /** One try: a lease, or what it was refused by. A release that was pushed is tried without a look. */
  attempt(released: Sighting | null): Promise<Lease | Sighting>;
  /** Tells that a wait begins. */
  waiting(holder: string): void;
}

/** Tries until it is granted. The key is watched from the first refusal on. */
export async function waitTurn(contest: Contest, footing: Footing, signal: AbortSignal): Promise<Lease> {
  const attempt = (released: Sighting | null) => footing.persist(signal, () => contest.attempt(released));
  const refusal = await attempt(null);
  if (refusal instanceof Lease) return refusal;
  signal.throwIfAborted();
  contest.waiting(refusal.kind === "held" ? refusal.record.holder : "");
  using lookout = new Lookout(footing);
  // The first try looks, since what changed before the watch began was not pushed.
  let news: LookoutNews = "look";
  for (;;) {
    const got = await attempt(news === "look" ? null : news);
    if (got instanceof Lease) return got;
    lookout.saw(got);
    do news = await lookout.next(signal); while (news !== "look" && news.kind !== "vacant");
  }
}
