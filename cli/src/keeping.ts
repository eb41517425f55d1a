/** Keeps a lease while no command runs. */

import type { Clock } from "@x/natslock";
import { wait, WaitScope } from "@x/natslock/internal";
import { writeSync } from "node:fs";
import type { Held } from "./candidate.ts";
import { shortly } from "./duration.ts";

/** What ends the keeping early: a signal asked to stop. */
export interface KeepOptions {
  /** The key in messages. */
  readonly key: string;
  readonly clock: Clock;
  readonly stop: AbortSignal;
  /** Prints one line. */
  readonly say: (line: string) => void;
}

/** Keeping a lease for longer than this is reported, in milliseconds. */
const NOTICEABLE = 2000;

/**
 * Keeps the lease until the time `due` of the clock. Rejects with the reason of `stop`, or with what ended the lease.
 */
export async function keepUntil(due: number, { signal }: Held, options: KeepOptions): Promise<void> {
  const { key, clock, stop, say } = options;
  const left = due - clock.now();
  if (left <= 0) return;
  if (left > NOTICEABLE) say(`The command has ended; keeping "${key}" for another ${shortly(left)}`);
  const scope = new WaitScope(stop, signal);
  try {
    await wait<void>(scope.signal, (done) => clock.after(left, done));
  } catch (error) {
    if (!stop.aborted) say(`Lost "${key}" ${shortly(due - clock.now())} before the end of --at-least`);
    throw error;
  } finally {
    scope[Symbol.dispose]();
  }
}

/** Prints that the lock is held, then keeps it. Rejects with the reason of `stop`, or with what ended the lease. */
export async function keepOpen(held: Held, { key, stop }: Pick<KeepOptions, "key" | "stop">): Promise<never> {
  const { token, tokens, signal } = held;
  const scope = new WaitScope(stop, signal);
  try {
    tell(`Holding "${key}", token ${tokens?.join(", ") ?? token}; Ctrl-C releases it`);
    return await wait<never>(scope.signal, () => () => {});
  } finally {
    scope[Symbol.dispose]();
  }
}

/** Prints a line of the result. The lock is held also if nobody can read that. */
function tell(line: string): void {
  try {
    writeSync(1, `${line}\n`);
  } catch {
    // Standard output is closed or full.
  }
}
