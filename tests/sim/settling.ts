/**
 * Runs steps, and lets all pending promises settle between them.
 *
 * @module
 */

import { setImmediate } from "node:timers";

/**
 * An internal function of Deno that runs the microtask queue without a turn of the event loop. It is six times faster,
 * but not a public API.
 */
const { core } = Reflect.get(Deno, Reflect.get(Deno, "internal") ?? "") as { core?: { runMicrotasks?: () => void } } ??
  {};
const runMicrotasks = core?.runMicrotasks;

/** Runs `step` until it returns false. After each step, promises settle. */
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
