/**
 * Timers of the NATS client in virtual time: its heartbeat monitor asks the runtime for intervals and for the time.
 *
 * @module
 */

import type { Timeline } from "./timeline.ts";

/** Replaces the runtime's intervals and `Date.now()` by those of a timeline, until it is disposed of. */
export function virtualTimers(timeline: Timeline): Disposable {
  const { setInterval, clearInterval } = globalThis;
  const { now } = Date;
  const running = new Map<number, () => void>();
  let made = 0;
  const every = (id: number, ms: number, callback: () => void): void => {
    const cancel = timeline.after(ms, () => {
      every(id, ms, callback);
      callback();
    });
    running.set(id, cancel);
  };
  const start = (callback: () => void, ms = 0): number => {
    every(++made, ms, callback);
    return made;
  };
  const stop = (id?: number): void => {
    running.get(id ?? 0)?.();
    running.delete(id ?? 0);
  };
  Object.assign(globalThis, { setInterval: start, clearInterval: stop });
  Date.now = () => timeline.now;
  return {
    [Symbol.dispose]: () => {
      Object.assign(globalThis, { setInterval, clearInterval });
      Date.now = now;
    },
  };
}
