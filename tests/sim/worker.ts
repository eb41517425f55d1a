/**
 * Runs the seeds that it is sent, on a core of its own.
 *
 * @module
 */

import { Run, type RunOptions } from "./run.ts";
import { count, noTally } from "./tally.ts";

/** Seeds from `from` up to, not including, `to`. */
export interface Order {
  readonly from: number;
  readonly to: number;
  readonly options: RunOptions;
}

// Nobody reads the stacks of the errors that the runs are full of.
Error.stackTraceLimit = 0;

/** What a worker talks through. */
const desk = self as unknown as {
  onmessage: ((event: MessageEvent<Order>) => void) | null;
  postMessage(tally: unknown): void;
};

desk.onmessage = async ({ data }) => {
  const tally = noTally();
  for (let seed = data.from; seed < data.to; seed++) count(tally, await new Run(seed, data.options).outcome());
  desk.postMessage(tally);
};
