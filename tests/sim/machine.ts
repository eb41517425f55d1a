/**
 * The machine of a process: draws the faults of its clocks.
 *
 * @module
 */

import { Chance } from "./chance.ts";
import { CLIENT_RATE } from "./leader.ts";
import { Runtime } from "./runtime.ts";
import { type Place, TTL } from "./server.ts";

/** Returns a machine whose clocks are slow, fast or off. `seed` decides about its wall clock. */
export function machine({ timeline, chance, weather }: Place, seed: number): Runtime {
  const slow = weather.hit("slow clock") ? -CLIENT_RATE * chance.next() : 0;
  const fast = weather.hit("fast clock") ? CLIENT_RATE * chance.next() : 0;
  const off = new Chance(~seed);
  const rate = 1 + slow + fast;
  // One oscillator drives both clocks, unless something (like NTP) corrects the wall clock.
  const runtime = new Runtime(timeline, chance, { monotonic: rate, wall: off.happens(0.5) ? rate : 1 });
  // The wall clock of half of the machines was never set.
  if (off.happens(0.5)) {
    weather.see("wall clock off");
    runtime.stepWall(off.between(0, 20 * TTL));
  }
  return runtime;
}
