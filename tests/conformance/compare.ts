/**
 * Plays scripts on the model and on a real server and holds the answers against each other.
 *
 * @module
 */

import { Chance } from "../sim/chance.ts";
import { play } from "./player.ts";
import { type Script, scriptOf } from "./script.ts";
import type { World } from "./worlds.ts";

/** Where model and server answer differently. */
export interface Difference {
  readonly script: Script;
  readonly line: number;
  readonly model: string;
  readonly server: string;
}

/** Scripts that are played side by side: they mostly wait. */
const SIDE_BY_SIDE = 12;

/** A server that is too slow to compare gets so many tries for each script. */
const TRIES = 5;

/** Plays the scripts of these seeds; returns the differences, at most one for each script. */
export async function compare(
  worlds: { readonly model: World; readonly server: World },
  seeds: readonly number[],
  progress: (done: number) => void = () => {},
): Promise<Difference[]> {
  const left = [...seeds];
  const found: Difference[] = [];
  let done = 0;
  const work = async () => {
    for (let seed = left.shift(); seed !== undefined; seed = left.shift()) {
      const difference = await differenceOn(worlds, scriptOf(new Chance(seed), seed));
      if (difference !== null) found.push(difference);
      progress(++done);
    }
  };
  await Promise.all(Array.from({ length: SIDE_BY_SIDE }, work));
  return found.sort((a, b) => a.script.seed - b.script.seed);
}

async function differenceOn(
  { model, server }: { model: World; server: World },
  script: Script,
): Promise<Difference | null> {
  const expected = await onWorld(model, script);
  const found = await onWorld(server, script);
  const line = Array.from({ length: Math.max(expected.length, found.length) }, (_, index) => index)
    .find((index) => expected[index] !== found[index]);
  if (line === undefined) return null;
  return { script, line, model: expected[line] ?? "nothing", server: found[line] ?? "nothing" };
}

async function onWorld(world: World, script: Script): Promise<string[]> {
  for (let tries = 0; tries < TRIES; tries++) {
    const lines = await play(script, await world.stage(script.kind));
    if (lines !== null) return lines;
  }
  throw new Error(`Cannot compare seed ${script.seed}: ${world.name} was too slow ${TRIES} times`);
}

/** A difference for people. */
export function describe({ script: { seed, kind }, line, model, server }: Difference): string {
  return `seed ${seed}, bucket "${kind.name}", line ${line + 1}\n  model:  ${model}\n  server: ${server}`;
}
