/**
 * Finds a smaller run that still breaks a rule.
 *
 * @module
 */

import { type Fault, FAULTS, type Mask } from "./faults.ts";
import { play } from "./play.ts";
import { type Outcome, type RunOptions, withWorld } from "./run.ts";

/** A red run, and options under which it has fewer faults. A run is red if it breaks a rule. */
export interface Shrunk {
  readonly options: RunOptions;
  readonly outcome: Outcome;
}

/**
 * Leaves out faults: first all faults after some number, then whole kinds, then again all after some number. The result
 * need not be minimal, because a run with fewer faults takes another course.
 *
 * @returns `null` if the seed is not red
 */
export async function shrink(seed: number, options: RunOptions = {}): Promise<Shrunk | null> {
  const red = async (mask: Mask): Promise<Shrunk | null> => {
    const outcome = await play(seed, { ...options, ...mask });
    return outcome.broken === null ? null : { options: { ...options, ...mask }, outcome };
  };
  let best = await red(options);
  if (best === null) return null;
  best = await shorten(best, red);
  for (const fault of FAULTS) {
    if (!best.outcome.faults.has(fault)) continue;
    const without: Fault[] = [...(best.options.without ?? []), fault];
    best = await red({ ...best.options, without }) ?? best;
  }
  return await shorten(best, red);
}

async function shorten(found: Shrunk, red: (mask: Mask) => Promise<Shrunk | null>): Promise<Shrunk> {
  let best = found;
  for (let [low, high] = [0, best.outcome.total]; low < high;) {
    const middle = (low + high) >> 1;
    const smaller = await red({ ...best.options, most: middle });
    if (smaller === null) low = middle + 1;
    else [best, high] = [smaller, middle];
  }
  return best;
}

/** Returns the command that repeats the run. */
export function replayCommand(seed: number, { most, without = [], markers, ...world }: RunOptions): string {
  const { wire, locks, small, lostWrites } = world;
  const words = [`deno task sim --seed ${seed}`];
  if (locks) words.push(small ? "--locks --small" : "--locks");
  if (lostWrites) words.push("--lost-writes");
  if (!locks && wire !== undefined && wire !== withWorld(seed, {}).wire) words.push(wire ? "--wire" : "--memory");
  if (markers) words.push("--markers");
  if (most !== undefined) words.push(`--most ${most}`);
  if (without.length > 0) words.push(`--without "${without.join()}"`);
  return words.join(" ");
}
