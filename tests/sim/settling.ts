/**
 * Steps between which everything settles that waits for nothing but promises.
 *
 * @module
 */

import { setImmediate } from "node:timers";

/** The runtime's own way to run all that is due, without a turn of its event loop; six times faster, not public. */
const { core } = Reflect.get(Deno, Reflect.get(Deno, "internal") ?? "") as { core?: { runMicrotasks?: () => void } } ??
  {};
const runMicrotasks = core?.runMicrotasks;

/** Takes steps until one says that it was the last, and lets promises settle after each. */
export function stepByStep(step: () => boolean): Promise<void> {
  return new Promise((resolve, reject) => {
    const turn = () => {
      try {
        while (step()) {
          if (!runMicrotasks) return void setImmediate(turn);
          runMicrotasks();
        }
        resolve();
      } catch (error) {
        reject(error);
      }
    };
    setImmediate(turn);
  });
}
