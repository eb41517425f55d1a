/** Work that is done under a lease. */

import type { Holder } from "./holder.ts";
import { badParameter, LeaseLostError, LockerClosedError } from "../base/errors.ts";
import type { Lease } from "../lease/lease.ts";
import { onAbort, requireSignal, wait, type WaitOptions, WaitScope } from "../base/wait.ts";

type Work<T> = (lease: Lease) => T | Promise<T>;

/** Waits for the lock, does the work, gives the lock back, whatever the work ends in. */
export async function runUnder<T>(holder: Holder, work: Work<T>, options: WaitOptions): Promise<T> {
  requireWork(work);
  const lease = await holder.acquire(options);
  return await holder.under(lease, async () => {
    if (!lease.held) throw whyOver(lease);
    try {
      const result = await work(lease);
      // By the clock, since no timer runs while the work keeps the event loop busy (L5).
      if (lease.held || !isUnprotected(whyOver(lease))) return result;
    } catch (error) {
      if (error !== lease.signal.reason) throw error;
    }
    throw whyOver(lease);
  });
}

/** Campaigns until the signal ends it, the Locker is closed or the work throws while it leads. */
export async function lead(holder: Holder, work: Work<unknown>, outer?: AbortSignal): Promise<void> {
  requireWork(work);
  requireSignal(outer);
  holder.closing.throwIfAborted();
  const { clock, random } = holder.context;
  const scope = new WaitScope(holder.closing, outer);
  const { signal } = scope;
  try {
    while (!signal.aborted) {
      await term(holder, work, signal);
      // Others get a turn; and a loop of wins and losses does not spin.
      const rest = holder.context.settings.retryEvery * (0.5 + random.next());
      await wait<void>(signal, (done) => clock.after(rest, done));
    }
  } catch (error) {
    if (!signal.aborted || error !== signal.reason) throw error;
  } finally {
    scope[Symbol.dispose]();
  }
}

/** One term: the record is taken back only after the work has settled. */
async function term(holder: Holder, work: Work<unknown>, signal: AbortSignal): Promise<void> {
  const lease = await holder.acquire({ signal });
  const aborting = onAbort(signal, () => holder.standDown(lease));
  try {
    await holder.under(lease, async () => {
      try {
        if (lease.held) await work(lease);
      } catch (error) {
        if (lease.held) throw error;
        // What fails because the lease has ended is a consequence of that, which was told already.
        if (error === lease.signal.reason || (signal.aborted && error === signal.reason)) return;
        holder.reporter.warn("The work of * failed after its lease", { error });
      }
    });
  } finally {
    aborting[Symbol.dispose]();
  }
}

/** What ended a lease: its loss, its release, or the end of its Locker. */
function whyOver({ signal }: Lease): unknown {
  const { reason } = signal;
  return reason instanceof Error && reason.cause instanceof LockerClosedError ? reason.cause : reason;
}

const isUnprotected = (reason: unknown): boolean =>
  reason instanceof LeaseLostError || reason instanceof LockerClosedError;

function requireWork(work: unknown): void {
  if (typeof work !== "function") throw badParameter("fn", "a function", work);
}
