/** Implements `Locker.run()` and `Locker.lead()`: work that runs under a lease. */

import type { Hold } from "./hold.ts";
import type { Holder } from "./holder.ts";
import { badParameter, LeaseLostError, LockerClosedError } from "../base/errors.ts";
import type { Lease } from "../lease/lease.ts";
import { onAbort, pause, requireSignal, type WaitOptions, WaitScope } from "../base/wait.ts";

type Work<T> = (lease: Lease) => T | Promise<T>;

/** Waits for the lock, runs the work, and releases the lock however the work ends. */
export async function runUnder<T>(holder: Holder, work: Work<T>, options: WaitOptions): Promise<T> {
  requireWork(work);
  const lease = await holder.acquire(options);
  return await holder.runWork(lease, async (hold) => {
    if (!lease.held) throw endReason(lease, hold);
    try {
      const result = await work(lease);
      // `held` asks the clock. No timer could end the lease while the work kept the event loop busy.
      if (lease.held || !isUnprotected(endReason(lease, hold))) return result;
    } catch (error) {
      if (error !== lease.signal.reason) throw error;
    }
    throw endReason(lease, hold);
  });
}

/** Campaigns until `outer` is aborted, the Locker is closed, or the work throws while it leads. */
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
      // Others get a turn, and a loop of grants and losses does not spin.
      const rest = holder.context.settings.retryEvery * (0.5 + random.next());
      await pause(clock, rest, signal);
    }
  } catch (error) {
    if (!signal.aborted || error !== signal.reason) throw error;
  } finally {
    scope[Symbol.dispose]();
  }
}

/** Runs one term: one lease. Its record is removed only after the work has settled. */
async function term(holder: Holder, work: Work<unknown>, signal: AbortSignal): Promise<void> {
  const lease = await holder.acquire({ signal });
  const aborting = onAbort(signal, () => holder.standDown(lease));
  try {
    await holder.runWork(lease, async () => {
      try {
        if (lease.held) await work(lease);
      } catch (error) {
        if (lease.held) throw error;
        // Work that fails with the reason of the lease's end adds nothing: that end was reported already.
        if (error === lease.signal.reason || (signal.aborted && error === signal.reason)) return;
        holder.reporter.warn("Work of * failed after its lease ended", { error });
      }
    });
  } finally {
    aborting[Symbol.dispose]();
  }
}

/** Returns what ended a lease: the close of its Locker, its loss, also after the work was asked to stop, or its release. */
function endReason({ signal: { reason } }: Lease, hold: Hold | null): unknown {
  return reason instanceof Error && reason.cause instanceof LockerClosedError ? reason.cause : hold?.loss ?? reason;
}

const isUnprotected = (reason: unknown): boolean =>
  reason instanceof LeaseLostError || reason instanceof LockerClosedError;

function requireWork(work: unknown): void {
  if (typeof work !== "function") throw badParameter("fn", "a function", work);
}
