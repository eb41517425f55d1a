/**
 * Waits for a lock that others hold.
 *
 * Processes are not served in order: the first write after a release gets the lock.
 */

import { NatslockError } from "../base/errors.ts";
import { acquireTimeout, pause } from "../base/wait.ts";
import type { KeyContext } from "../lease/key_context.ts";
import type { Hold } from "./hold.ts";
import type { Keeper } from "../lease/keeper.ts";
import { Lease } from "../lease/lease.ts";
import { KeyWatcher } from "./key_watcher.ts";
import type { KeyState } from "../store/record.ts";
import type { Reporter } from "./reporter.ts";
import type { Retrier } from "./retrier.ts";
import type { Mutex, Unlock } from "../base/mutex.ts";

/** A wait behind one lease of the same Locker logs a warning after this time, in ms. */
const LONGEST_QUEUE = 5000;
const NOT_REENTRANT = "it is not re-entrant, so do not wait for its lock inside the work that holds it";

/** What a wait needs. */
export interface WaitContext {
  readonly context: KeyContext;
  readonly reporter: Reporter;
  readonly retrier: Retrier;
}

/**
 * Tries until the lock is granted. Watches the key from the first refusal on. Gives others their head start first.
 *
 * `attempt` returns a lease, or the key state that refused it. After a pushed release, which it gets as `released`, it
 * tries without a read.
 */
export async function waitForLock(
  { context, reporter, retrier }: WaitContext,
  attempt: (released: KeyState | null) => Promise<Lease | KeyState>,
  signal: AbortSignal,
): Promise<Lease> {
  const { clock, candidate: { headStart } } = context;
  const standBack = () => pause(clock, headStart, signal);
  if (headStart > 0) await standBack();
  const refusal = await retrier.run(signal, () => attempt(null));
  if (refusal instanceof Lease) return refusal;
  signal.throwIfAborted();
  reporter.report({ type: "waiting", holder: refusal.kind === "held" ? refusal.record.holder : "" });
  const watcher = new KeyWatcher(context, (error) => retrier.noteFailure(error));
  try {
    // The next try reads the key, because a change before the watch began was not pushed.
    for (let released: KeyState | null = null;;) {
      const got = await retrier.run(signal, () => attempt(released));
      if (got instanceof Lease) return got;
      watcher.noteRead(got);
      do released = await watcher.next(signal); while (released !== null && released.kind !== "vacant");
      if (headStart === 0) continue;
      await standBack();
      // Another may hold by now, so the try reads the key.
      released = null;
    }
  } finally {
    watcher[Symbol.dispose]();
  }
}

/** Tries once: a wait with a timeout of 0. A transient error becomes the cause of the timeout. */
export async function tryOnce(key: string, tryAcquire: () => Promise<Lease | null>): Promise<Lease> {
  let trouble: unknown;
  const got = await tryAcquire().catch((error: unknown) => {
    if (!(error instanceof NatslockError) || !error.transient) throw error;
    trouble = error;
  });
  if (got instanceof Lease) return got;
  throw acquireTimeout(key, 0, trouble);
}

/** What a queued wait needs. */
interface QueueContext extends Pick<WaitContext, "context" | "reporter"> {
  readonly leases: Mutex;
}

/** Waits behind other waits of the same Locker and the lease that it may hold. */
export async function queueBehind(
  hold: Hold | null,
  { context, reporter, leases }: QueueContext,
  signal: AbortSignal,
): Promise<Unlock> {
  const { clock, candidate: { id } } = context;
  reporter.report({ type: "waiting", holder: id });
  const cancel = clock.after(LONGEST_QUEUE, () => {
    if (hold === null || hold.isOver || hold.isWarned) return;
    hold.isWarned = true;
    reporter.warn(`A wait for * is behind a lease of the same Locker: ${NOT_REENTRANT}`);
  });
  try {
    return await leases.lock(signal);
  } finally {
    cancel();
  }
}

/**
 * Returns the record of a candidate that leads by calls: it refuses a lease. `null` if the candidate does not lead, or a
 * check finds that it lost the lead.
 */
export async function ownRecord(keeper: Keeper, context: KeyContext): Promise<KeyState | null> {
  const leads = () => keeper.state.phase.at === "held";
  if (!leads()) return null;
  const keyState = await context.read();
  if (keyState.kind === "held" && keyState.record.holder === context.candidate.id) return keyState;
  await keeper.check();
  return leads() ? keyState : null;
}
