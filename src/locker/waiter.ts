/**
 * Waits for a lock that others hold.
 *
 * Whoever sees the release first and writes first gets it: there is no order among processes yet.
 */

import type { KeyContext } from "../lease/key_context.ts";
import type { Hold } from "./hold.ts";
import { Lease } from "../lease/lease.ts";
import { KeyWatcher } from "./key_watcher.ts";
import type { KeyState } from "../store/record.ts";
import type { Reporter } from "./reporter.ts";
import type { Retrier } from "./retrier.ts";
import type { Mutex, Unlock } from "../base/mutex.ts";

/** A wait behind one lease of the same Locker is worth a warning after so long, in ms. */
const LONGEST_QUEUE = 5000;
const NOT_REENTRANT = "a Locker is not re-entrant, so do not wait for its lock inside the work that holds it";

/** Who waits, and how it waits out trouble. */
export interface Waiting {
  readonly context: KeyContext;
  readonly reporter: Reporter;
  readonly retrier: Retrier;
}

/**
 * Tries until it is granted. The key is watched from the first refusal on.
 *
 * `attempt` gives a lease, or what it was refused by; a release that was pushed is tried without a look.
 */
export async function waitTurn(
  { context, reporter, retrier }: Waiting,
  attempt: (released: KeyState | null) => Promise<Lease | KeyState>,
  signal: AbortSignal,
): Promise<Lease> {
  const refusal = await retrier.run(signal, () => attempt(null));
  if (refusal instanceof Lease) return refusal;
  signal.throwIfAborted();
  reporter.tell({ type: "waiting", holder: refusal.kind === "held" ? refusal.record.holder : "" });
  const watcher = new KeyWatcher(context, (error) => retrier.failed(error));
  try {
    // The next try looks, since what changed before the watch began was not pushed.
    for (let released: KeyState | null = null;;) {
      const got = await retrier.run(signal, () => attempt(released));
      if (got instanceof Lease) return got;
      watcher.saw(got);
      do released = await watcher.next(signal); while (released !== null && released.kind !== "vacant");
    }
  } finally {
    watcher[Symbol.dispose]();
  }
}

/** Who queues, and where. */
interface Queueing extends Pick<Waiting, "context" | "reporter"> {
  readonly leases: Mutex;
}

/** Waits behind others of the same Locker, of which one may hold a lease. */
export async function queueBehind(
  hold: Hold | null,
  { context, reporter, leases }: Queueing,
  signal: AbortSignal,
): Promise<Unlock> {
  const { clock, candidate: { id } } = context;
  reporter.tell({ type: "waiting", holder: id });
  const cancel = clock.after(LONGEST_QUEUE, () => {
    if (hold === null || hold.isOver || hold.isBlamed) return;
    hold.isBlamed = true;
    reporter.warn(`A wait for * stands behind a lease of the same Locker: ${NOT_REENTRANT}`);
  });
  try {
    return await leases.lock(signal);
  } finally {
    cancel();
  }
}
