/**
 * Takes samples of several things in turn, so that what disturbs the machine disturbs all of them alike. The known
 * harnesses run one task to its end before the next one; ratios between their tasks drift with the machine.
 *
 * @module
 */

import { elapse, percentile } from "../tests/helpers/measure.ts";
import { Chance } from "../tests/sim/chance.ts";
import type { Row } from "./figures.ts";

/** Milliseconds by what was done, such as "acquire". */
export type Sample = Readonly<Record<string, number>>;

/** Something to take samples of. */
export interface Subject {
  readonly name: string;
  sample(): Promise<Sample>;
}

/** How many samples to take. */
export interface Rounds {
  readonly rounds: number;
  /** Samples before those, which are dropped. */
  readonly warmUp: number;
  /** Samples of a subject that follow each other without a rest, in each round. Default: 1. */
  readonly inARow?: number;
}

/** Rest before each row of samples, in ms. Without it one subject would find the machine more awake than another. */
export const REST = 3;

/**
 * Takes samples of all subjects in each round, in an order of chance with a fixed seed: a subject that always comes
 * after the same one would find the machine as that one leaves it. Returns the rows by what was done.
 */
export async function inTurn(
  subjects: readonly Subject[],
  { rounds, warmUp, inARow = 1 }: Rounds,
): Promise<ReadonlyMap<string, readonly Row[]>> {
  const taken = new Map<string, Map<string, number[]>>();
  const chance = new Chance(1);
  for (let round = 0; round < warmUp + rounds; round++) {
    for (const subject of shuffled(subjects, chance)) {
      await elapse(REST);
      for (let left = inARow; left > 0; left--) {
        const sample = await subject.sample();
        if (round < warmUp) continue;
        for (const [deed, ms] of Object.entries(sample)) samplesOf(taken, deed, subject.name).push(ms);
      }
    }
  }
  const order = subjects.map(({ name }) => name);
  return new Map([...taken].map(([deed, samples]) => [deed, order.flatMap((name) => rowsOf(name, samples.get(name)))]));
}

/** Returns the elements in an order of chance. */
function shuffled<T>(all: readonly T[], chance: Chance): T[] {
  const keyed = all.map((each) => ({ each, key: chance.next() }));
  return keyed.sort((a, b) => a.key - b.key).map(({ each }) => each);
}

function samplesOf(taken: Map<string, Map<string, number[]>>, deed: string, name: string): number[] {
  const ofDeed = taken.get(deed) ?? new Map<string, number[]>();
  taken.set(deed, ofDeed);
  const samples = ofDeed.get(name) ?? [];
  ofDeed.set(name, samples);
  return samples;
}

function rowsOf(name: string, samples: readonly number[] | undefined): Row[] {
  return samples === undefined ? [] : [rowOf(name, samples)];
}

/** The p50 and p99 of samples. */
export function rowOf(name: string, samples: readonly number[]): Row {
  return { name, p50: percentile(samples, 50), p99: percentile(samples, 99), samples: samples.length };
}
