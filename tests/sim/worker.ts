/**
 * Runs the seeds that it receives, in a thread of its own.
 *
 * @module
 */

import { play } from "./play.ts";
import { type RunOptions, withWorld } from "./run.ts";
import { count, noTally } from "./tally.ts";

/** Seeds from `from` up to, but not including, `to`. */
export interface Order {
  readonly from: number;
  readonly to: number;
  readonly options: RunOptions;
}

// Runs create many errors, and nobody reads their stacks.
Error.stackTraceLimit = 0;

/** The message channel of the worker. */
const desk = self as unknown as {
  onmessage: ((event: MessageEvent<Order>) => void) | null;
  postMessage(tally: unknown): void;
};

desk.onmessage = async ({ data }) => {
  const tally = noTally();
  for (let seed = data.from; seed < data.to; seed++) {
    count(tally, await play(seed, withWorld(seed, data.options)));
  }
  desk.postMessage(tally);
};
