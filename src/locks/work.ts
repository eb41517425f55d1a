/** Work that runs under locks. */

import { LeaseReleasedError, LockerClosedError } from "../base/errors.ts";
import { onAbort } from "../base/wait.ts";
import { type LockHold, stolenError } from "./lock_hold.ts";
import { releaseAll } from "./several.ts";

/**
 * Runs work under locks, and releases them once it has settled. Settles as the work does, after the release; but it
 * rejects if a lock was over before the work resolved, and at once if one is stolen.
 */
export async function runUnder<T>(holds: readonly LockHold[], work: () => T | Promise<T>): Promise<T> {
  const stolen = whenStolen(holds);
  try {
    return await Promise.race([workUnder(holds, work), stolen.promise]);
  } finally {
    stolen[Symbol.dispose]();
    await releaseAll(holds);
  }
}

async function workUnder<T>(holds: readonly LockHold[], work: () => T | Promise<T>): Promise<T> {
  const guarded = holds.reduce((inner, hold) => () => hold.runWork(inner), async () => await work());
  try {
    requireHeld(holds);
    const result = await guarded();
    requireHeld(holds);
    return result;
  } catch (error) {
    const ended = holds.find(({ lock }) => error === lock.signal.reason);
    throw ended === undefined ? error : endOf(ended);
  }
}

/** Rejects with the end of the first lock that is over. A lock that the work itself released is not over. */
function requireHeld(holds: readonly LockHold[]): void {
  for (const hold of holds) {
    // `held` asks the clock. No timer could end the lock while the work kept the event loop busy.
    if (hold.lock.held) continue;
    const end = endOf(hold);
    if (!(end instanceof LeaseReleasedError)) throw end;
  }
}

/** Returns what ended a lock: its theft as a browser reports it, another loss, its release, or the manager's close. */
function endOf({ lock: { name, signal }, loss }: LockHold): unknown {
  const { reason } = signal;
  if (loss?.why === "stolen") return stolenError(name);
  return reason instanceof LeaseReleasedError && reason.cause instanceof LockerClosedError ? reason.cause : reason;
}

/** Rejects when one of the locks is stolen, as a browser does. */
function whenStolen(holds: readonly LockHold[]): Disposable & { readonly promise: Promise<never> } {
  let reject: (error: unknown) => void = () => {};
  const promise = new Promise<never>((_, fail) => reject = fail);
  promise.catch(() => {});
  const watches = holds.map((hold) =>
    onAbort(hold.lock.signal, () => {
      if (hold.loss?.why === "stolen") reject(endOf(hold));
    })
  );
  return {
    promise,
    [Symbol.dispose]: () => {
      for (const watch of watches) watch[Symbol.dispose]();
    },
  };
}
