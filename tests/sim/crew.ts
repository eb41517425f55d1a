/**
 * Runs many seeds on many cores. A crew is a set of workers.
 *
 * @module
 */

import type { RunOptions } from "./run.ts";
import { add, noTally, type Tally } from "./tally.ts";
import type { Order } from "./worker.ts";

/** Which seeds to run, and how. */
export interface Campaign {
  readonly from: number;
  readonly seeds: number;
  readonly workers: number;
  readonly options: RunOptions;
  /** Ends the campaign after the seeds that are already running. */
  readonly signal: AbortSignal;
  /** Called after each batch of seeds. */
  readonly progress: (tally: Tally) => void;
}

/** Start of the message about a run that throws. */
export const THROWN = "a run throws";

/** Number of seeds that a worker gets at a time. */
const HANDFUL = 50;

/** Runs all seeds, or fewer if the signal is aborted. */
export async function runSeeds({ from, seeds, workers, options, signal, progress }: Campaign): Promise<Tally> {
  const total = noTally();
  let next = from;
  const work = async () => {
    const worker = new Worker(new URL("./worker.ts", import.meta.url), { type: "module" });
    try {
      while (next < from + seeds && !signal.aborted) {
        const order: Order = { from: next, to: Math.min(next += HANDFUL, from + seeds), options };
        add(total, await answerOf(worker, order));
        progress(total);
      }
    } finally {
      worker.terminate();
    }
  };
  await Promise.all(Array.from({ length: workers }, work));
  total.broken.sort((a, b) => a.seed - b.seed);
  return total;
}

/** Returns what a worker answers to an order. If the worker throws, the order counts as red. */
export function answerOf(worker: Worker, order: Order): Promise<Tally> {
  return new Promise((resolve) => {
    worker.onmessage = ({ data }) => resolve(data as Tally);
    worker.onerror = (event) => {
      event.preventDefault();
      const rule = `${THROWN}: ${event.message}`;
      resolve({ ...noTally(), broken: [{ seed: order.from, rule, steps: 0 }] });
    };
    worker.postMessage(order);
  });
}
