/**
 * Waits for a lock that others hold.
 *
 * Whoever sees the release first and writes first gets it: there is no order among processes yet.
 */

import type { Footing } from "./footing.ts";
import { Lease } from "./lease.ts";
import { Lookout } from "./lookout.ts";
import type { Sighting } from "./record.ts";
import type { Reporter } from "./report.ts";

/**
 * Tries until it is granted. The key is watched from the first refusal on.
 *
 * `attempt` gives a lease, or what it was refused by; a release that was pushed is tried without a look.
 */
export async function waitTurn(
  { footing, reporter }: { readonly footing: Footing; readonly reporter: Reporter },
  attempt: (released: Sighting | null) => Promise<Lease | Sighting>,
  signal: AbortSignal,
): Promise<Lease> {
  const refusal = await footing.persist(signal, () => attempt(null));
  if (refusal instanceof Lease) return refusal;
  signal.throwIfAborted();
  reporter.tell({ type: "waiting", holder: refusal.kind === "held" ? refusal.record.holder : "" });
  const lookout = new Lookout(footing, footing.terms.ttl);
  try {
    // The next try looks, since what changed before the watch began was not pushed.
    for (let released: Sighting | null = null;;) {
      const got = await footing.persist(signal, () => attempt(released));
      if (got instanceof Lease) return got;
      lookout.saw(got);
      do released = await lookout.next(signal); while (released !== null && released.kind !== "vacant");
    }
  } finally {
    lookout[Symbol.dispose]();
  }
}
