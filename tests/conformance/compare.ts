/**
 * Plays scripts and fixed sequences on two worlds and holds the answers against each other.
 *
 * @module
 */

import { Chance } from "../sim/chance.ts";
import { ENDED, playFixed, SEQUENCES } from "./fixed.ts";
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
const TRIES = 8;

/**
 * What differs is played so many times: a cluster may have no leader for a moment, a replica may be behind, and a busy
 * server may remove late what has expired. Answers that are really different differ each time.
 */
const ROUNDS = 3;

/** What a comparison led to. */
export interface Comparison {
  /** At most one for each script or sequence. */
  readonly differences: readonly Difference[];
  /** How many scripts or sequences were played again. */
  readonly repeated: number;
}

/** Plays the scripts of these seeds, some of them side by side. */
export async function compare(
  worlds: Worlds,
  seeds: readonly number[],
  progress: (done: number) => void = () => {},
): Promise<Comparison> {
  const left = [...seeds.entries()];
  const rounds: Rounds[] = [];
  let done = 0;
  const work = async () => {
    for (let next = left.shift(); next !== undefined; next = left.shift()) {
      const [index, seed] = next;
      const script = scriptOf(new Chance(seed), seed);
      const what = `seed ${seed}, bucket "${script.kind.name}"`;
      rounds[index] = await playRounds(worlds, what, (world) => onWorld(world, script));
      progress(++done);
    }
  };
  await Promise.all(Array.from({ length: SIDE_BY_SIDE }, work));
  return comparisonOf(rounds);
}

/** Plays the fixed sequences side by side. */
export async function compareFixed(worlds: Worlds): Promise<Comparison> {
  return comparisonOf(
    await Promise.all(SEQUENCES.map((sequence) => {
      const { name } = sequence;
      return playRounds(
        worlds,
        `sequence "${name}"`,
        (world, round) => playFixed(sequence, world.place(), `${name}${round}`),
      );
    })),
  );
}

/** How often something was played, and where it differed in the last round. */
interface Rounds {
  readonly played: number;
  readonly difference: Difference | null;
}

async function playRounds(
  { model, server }: Worlds,
  what: string,
  playOn: (world: World, round: number) => Promise<string[]>,
): Promise<Rounds> {
  for (let played = 1;; played++) {
    const expected = await playOn(model, played);
    const ended = expected.at(-1);
    if (ended?.startsWith(ENDED)) throw new Error(`Cannot play ${what} on the model: ${ended}`);
    const difference = differenceOf(what, expected, await playOn(server, played));
    if (difference === null || played === ROUNDS) return { played, difference };
  }
}

function comparisonOf(rounds: readonly Rounds[]): Comparison {
  const differences = rounds.flatMap(({ difference }) => difference ?? []);
  return { differences, repeated: rounds.filter(({ played }) => played > 1).length };
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
