/**
 * Runs one seed, in the world that the options name.
 *
 * @module
 */

import { LocksRun } from "./locks/locks_run.ts";
import { type Outcome, Run, type RunOptions } from "./run.ts";

/** Runs a seed to its end. */
export function play(seed: number, options: RunOptions = {}): Promise<Outcome> {
  return (options.locks ? new LocksRun(seed, options) : new Run(seed, options)).outcome();
}
