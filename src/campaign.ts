/** Work that is done under a lease. */

import type { Candidacy } from "./candidacy.ts";
import { LeaseLostError } from "./errors.ts";
import type { Lease } from "./lease.ts";
import { onAbort, Patience, wait, type WaitOptions } from "./patience.ts";

type Work<T> = (lease: Lease) => T | Promise<T>;

/** Waits for the lock, does the work, gives the lock back, whatever the work ends in. */
export async function runUnder<T>(candidacy: Candidacy, work: Work<T>, options: WaitOptions): Promise<T> {
  const lease = await candidacy.acquire(options);
  try {
    const result = await work(lease);
    if (lease.signal.reason instanceof LeaseLostError) throw lease.signal.reason;
    return result;
  } finally {
    await candidacy.resign(lease);
  }
}

/** Campaigns until the signal ends it or the work throws while it leads. */
export async function lead(candidacy: Candidacy, work: Work<unknown>, outer?: AbortSignal): Promise<never> {
  const { clock, random } = candidacy.footing;
  const patience = new Patience(candidacy.closing, outer);
  try {
    const { signal } = patience;
    for (;;) {
      await term(candidacy, work, signal);
      signal.throwIfAborted();
      // Others get a turn; and a loop of wins and losses does not spin.
      const rest = candidacy.footing.terms.retryEvery * (0.5 + random.next());
      await wait<void>(signal, (done) => clock.after(rest, done));
    }
  } finally {
    patience[Symbol.dispose]();
  }
}

/** One term: the record is taken back only after the work has settled. */
async function term(candidacy: Candidacy, work: Work<unknown>, signal: AbortSignal): Promise<void> {
  const lease = await candidacy.acquire({ signal });
  const aborting = onAbort(signal, () => candidacy.standDown(lease));
  try {
    if (!signal.aborted) await work(lease);
  } catch (error) {
    if (!lease.signal.aborted) throw error;
    // What fails because the lease has ended is a consequence of that, which was told already.
    if (error === lease.signal.reason) return;
    candidacy.footing.candidate.logger.warn(`The work of "${lease.key}" failed after its lease`, { error });
  } finally {
    await candidacy.resign(lease);
    aborting[Symbol.dispose]();
  }
}
