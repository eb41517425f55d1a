/** Several locks at once: all or none. */

import { onAbort } from "../base/wait.ts";
import { type LockHold, stolenError } from "./lock_hold.ts";

/** Requests one lock. Resolves to `null` if it tries once and there is no room. */
type AcquireOne = (
  name: string,
  about: { readonly once: boolean; readonly signal: AbortSignal },
) => Promise<LockHold | null>;

/** How several locks are requested. */
interface SeveralOptions {
  /** True to give up if one of them is not available now. */
  readonly once: boolean;
  readonly steal: boolean;
  readonly signal: AbortSignal;
}

/**
 * Returns all locks, in the order of `names`; `null` if one of them is not available now.
 *
 * First tries all of them at once. If one has no room, releases all and waits for one after the other in the order of
 * their names. All who wait for several locks do so in this order, so no two of them wait for each other. A thief takes
 * this order from the start, and rejects with an `AbortError` if another thief takes one of its locks.
 */
export async function acquireSeveral(
  names: readonly string[],
  acquireOne: AcquireOne,
  { once, steal, signal }: SeveralOptions,
): Promise<readonly LockHold[] | null> {
  if (!steal) {
    const all = await tryAll(names, acquireOne, signal);
    if (all !== null || once) return all;
  }
  const sorted = [...names].sort(byUnits);
  for (;;) {
    const holds = await inOrder(sorted, acquireOne, { steal, signal });
    if (holds !== null) return names.map((name) => holds[sorted.indexOf(name)] as LockHold);
  }
}

async function tryAll(
  names: readonly string[],
  acquireOne: AcquireOne,
  signal: AbortSignal,
): Promise<LockHold[] | null> {
  const tries = await Promise.allSettled(names.map((name) => acquireOne(name, { once: true, signal })));
  const holds = tries.flatMap((each) => each.status === "fulfilled" && each.value !== null ? [each.value] : []);
  if (holds.length === names.length && holds.every(({ lock }) => lock.held)) return holds;
  await releaseAll(holds);
  const failed = tries.find((each) => each.status === "rejected");
  if (failed !== undefined) throw failed.reason;
  return null;
}

/** Waits for one lock after the other. Returns `null` after a loss: what is held is released then, the last first. */
async function inOrder(
  names: readonly string[],
  acquireOne: AcquireOne,
  { steal, signal }: Omit<SeveralOptions, "once">,
): Promise<readonly LockHold[] | null> {
  const holds: LockHold[] = [];
  try {
    for (const name of names) {
      const hold = await next(name, holds, acquireOne, signal);
      if (hold !== null) holds.push(hold);
      if (hold === null || !holds.every(({ lock }) => lock.held)) {
        // Two thieves that both began again would rob each other without end.
        const robbed = holds.find(({ loss }) => steal && loss?.why === "stolen");
        if (robbed !== undefined) throw stolenError(robbed.lock.name);
        await releaseAll(holds.reverse());
        return null;
      }
    }
    return holds;
  } catch (error) {
    await releaseAll(holds.reverse());
    throw error;
  }
}

/** Waits for the next lock. Returns `null` if one that is held is lost meanwhile. */
async function next(
  name: string,
  holds: readonly LockHold[],
  acquireOne: AcquireOne,
  outer: AbortSignal,
): Promise<LockHold | null> {
  const ended = new AbortController();
  const lost = new Error("A lock of several was lost");
  const ends = holds.map(({ lock }) => onAbort(lock.signal, () => ended.abort(lost)));
  ends.push(onAbort(outer, () => ended.abort(outer.reason)));
  try {
    return await acquireOne(name, { once: false, signal: ended.signal });
  } catch (error) {
    if (error === lost) return null;
    throw error;
  } finally {
    for (const end of ends) end[Symbol.dispose]();
  }
}

/** Releases locks. An error is reported by an event. */
export async function releaseAll(holds: readonly LockHold[]): Promise<void> {
  await Promise.all(holds.map((hold) => hold.release().catch(() => {})));
}

/** Compares names by their UTF-16 units, the same way everywhere. */
const byUnits = (one: string, other: string): number => one < other ? -1 : one > other ? 1 : 0;
