/** Implements `Locker.leader()` and `Locker.observe()`: who holds a lock. */

import type { Holder } from "./holder.ts";
import { type Leadership, leadershipOf } from "../lease/leadership.ts";
import { KeyWatcher } from "./key_watcher.ts";
import { onAbort, requireSignal, unlessAborted, WaitScope } from "../base/wait.ts";
import type { KeyState } from "../store/record.ts";
import { Retrier } from "./retrier.ts";

/** Reads who holds the lock now. */
export async function readLeader({ context, closing }: Holder): Promise<Leadership | null> {
  closing.throwIfAborted();
  return leadershipOf(await context.read(), context.settings.ttl);
}

/**
 * Yields who holds the lock now, then each change, until a signal ends it. A slow reader skips to the newest. Transient
 * errors are retried.
 */
export async function* observe(
  holder: Holder,
  outer?: AbortSignal,
): AsyncGenerator<Leadership | null, void, undefined> {
  requireSignal(outer);
  holder.closing.throwIfAborted();
  const scope = new WaitScope(holder.closing, outer);
  try {
    yield* follow(holder, scope.signal);
  } catch (error) {
    if (!scope.signal.aborted || error !== scope.signal.reason) throw error;
  } finally {
    scope[Symbol.dispose]();
  }
}

async function* follow(
  { context, reporter }: Holder,
  signal: AbortSignal,
): AsyncGenerator<Leadership | null, void, undefined> {
  signal.throwIfAborted();
  const retrier = new Retrier({ context, reporter });
  await retrier.run(signal, () => unlessAborted(signal, context.load()));
  const watcher = new KeyWatcher(context, (error) => retrier.noteFailure(error));
  // A reader that asks for no further value would keep the watch open.
  const ending = onAbort(signal, () => watcher[Symbol.dispose]());
  try {
    let last: Leadership | null | undefined;
    for (let news: KeyState | null = null;; news = await watcher.next(signal)) {
      const keyState = news ?? await retrier.run(signal, () => unlessAborted(signal, context.read()));
      signal.throwIfAborted();
      if (news === null) watcher.noteRead(keyState);
      const leader = leadershipOf(keyState, context.settings.ttl);
      if (last === undefined || leader?.token !== last?.token || leader?.holder !== last?.holder) {
        last = leader;
        reporter.report({ type: "observed", leader });
        yield leader;
      }
    }
  } finally {
    ending[Symbol.dispose]();
    watcher[Symbol.dispose]();
  }
}
