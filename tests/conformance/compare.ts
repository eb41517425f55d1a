/**
 * Plays scripts and fixed sequences on two worlds and holds the answers against each other.
 *
 * @module
 */

import { Chance } from "../sim/chance.ts";
import { ENDED, playFixed, type Sequence, SEQUENCES } from "./fixed.ts";
import { play } from "./player.ts";
import { type Script, scriptOf } from "./script.ts";
import type { World } from "./worlds.ts";

/** The model, and what it is held against. */
export interface Worlds {
  readonly model: World;
  readonly server: World;
}

/** Where model and server answer differently. */
export interface Difference {
  /** What was played. */
  readonly what: string;
  readonly line: number;
  readonly model: string;
  readonly server: string;
}

/** Scripts that are played side by side: they mostly wait. */
const SIDE_BY_SIDE = 12;

/** A server that is too slow to compare gets so many tries for each script. */
const TRIES = 5;

/** So many times a cluster may play a fixed sequence. */
const CLUSTER_TRIES = 3;

/** Plays the scripts of these seeds; returns the differences, at most one for each script. */
export async function compare(
  worlds: Worlds,
  seeds: readonly number[],
  progress: (done: number) => void = () => {},
): Promise<Difference[]> {
  const left = seeds.map((seed) => scriptOf(new Chance(seed), seed));
  const found = new Map<number, Difference>();
  let done = 0;
  const work = async () => {
    for (let script = left.shift(); script !== undefined; script = left.shift()) {
      const { seed, kind } = script;
      const [model, server] = [await onWorld(worlds.model, script), await onWorld(worlds.server, script)];
      const difference = differenceOf(`seed ${seed}, bucket "${kind.name}"`, model, server);
      if (difference !== null) found.set(seed, difference);
      progress(++done);
    }
  };
  await Promise.all(Array.from({ length: SIDE_BY_SIDE }, work));
  return seeds.flatMap((seed) => found.get(seed) ?? []);
}

/** Plays the fixed sequences side by side; returns the differences, at most one for each sequence. */
export async function compareFixed(worlds: Worlds): Promise<Difference[]> {
  const found = await Promise.all(SEQUENCES.map((sequence) => differenceIn(worlds, sequence)));
  return found.filter((difference) => difference !== null);
}

async function differenceIn({ model, server }: Worlds, sequence: Sequence): Promise<Difference | null> {
  let found: Difference | null = null;
  // A cluster may have no leader for a moment, and a replica may be behind: the model knows neither. So what differs is
  // played again, in another bucket.
  for (let tries = 0; tries < (server.replicas > 1 ? CLUSTER_TRIES : 1); tries++) {
    const bucket = `${sequence.name}${tries}`;
    const expected = await playFixed(sequence, model.place(), bucket);
    const ended = expected.at(-1);
    if (ended?.startsWith(ENDED)) {
      throw new Error(`Sequence "${sequence.name}" cannot be played on the model: ${ended}`);
    }
    found = differenceOf(`sequence "${sequence.name}"`, expected, await playFixed(sequence, server.place(), bucket));
    if (found === null) break;
  }
  return found;
}

function differenceOf(what: string, model: readonly string[], server: readonly string[]): Difference | null {
  const line = Array.from({ length: Math.max(model.length, server.length) }, (_, index) => index)
    .find((index) => model[index] !== server[index]);
  if (line === undefined) return null;
  return { what, line, model: model[line] ?? "nothing", server: server[line] ?? "nothing" };
}

async function onWorld(world: World, script: Script): Promise<string[]> {
  for (let tries = 0; tries < TRIES; tries++) {
    const lines = await play(script, await world.stage(script.kind));
    if (lines !== null) return lines;
  }
  throw new Error(`Cannot compare seed ${script.seed}: ${world.name} was too slow ${TRIES} times`);
}

/** A difference for people. */
export function describe({ what, line, model, server }: Difference): string {
  return `${what}, line ${line + 1}\n  model:  ${model}\n  server: ${server}`;
}
