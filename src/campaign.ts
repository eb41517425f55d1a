/**
 * Work that is done under a lease.
 *
 * @module
 */

import type { Candidacy } from "./candidacy.ts";
import type { Clock } from "./clock.ts";
import { LeaseLostError } from "./errors.ts";
import type { Lease } from "./lease.ts";
import type { Logger } from "./logger.ts";
import { pause } from "./observer.ts";
import { Patience, type WaitOptions } from "./patience.ts";
import type { Random } from "./random.ts";

/** What a campaign is led with. */
export interface Campaign {
  readonly candidacy: Candidacy;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  /** Ends the campaign. */
  readonly signal: AbortSignal | undefined;
}

/** Waits for the lock, does the work, gives the lock back, whatever the work ends in. */
export async function runUnder<T>(
  candidacy: Candidacy,
  work: (lease: Lease) => T | Promise<T>,
  options: WaitOptions,
): Promise<T> {
  const lease = await candidacy.acquire(options);
  try {
    const result = await work(lease);
    const { reason } = lease.signal;
    if (lease.signal.aborted && reason instanceof LeaseLostError) throw reason;
    return result;
  } finally {
    await candidacy.resign(lease);
  }
}

/** Campaigns until the signal ends it or the work throws while it leads. */
export async function lead(campaign: Campaign, work: (lease: Lease) => unknown): Promise<never> {
  const { candidacy, clock, random, signal } = campaign;
  using patience = new Patience(candidacy.closing, signal);
  for (;;) {
    const lease = await candidacy.acquire({ signal: patience.signal });
    await term(campaign, { lease, signal: patience.signal, work });
    patience.signal.throwIfAborted();
    // Others get a turn; and a loop of wins and losses does not spin.
    const { retryEvery } = candidacy.keeper.footing.timing;
    await pause(clock, retryEvery * (0.5 + random.next()), patience.signal);
    patience.signal.throwIfAborted();
  }
}

/** One term: the record is taken back only after the work has settled. */
async function term(
  { candidacy, logger }: Campaign,
  { lease, signal, work }: { lease: Lease; signal: AbortSignal; work: (lease: Lease) => unknown },
): Promise<void> {
  const standDown = () => candidacy.standDown(lease);
  signal.addEventListener("abort", standDown, { once: true });
  try {
    if (signal.aborted) standDown();
    else await work(lease);
  } catch (error) {
    if (!lease.signal.aborted) throw error;
    // What fails because the lease has ended is a consequence of that, which was told already.
    if (error !== lease.signal.reason) logger.warn(`The work of "${lease.key}" failed after its lease`, { error });
  } finally {
    signal.removeEventListener("abort", standDown);
    await candidacy.resign(lease);
  }
}
