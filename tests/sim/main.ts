/**
 * `deno task sim`: many seeds.
 *
 * @module
 */

import { parseArgs } from "node:util";
import { Run } from "./run.ts";

const HELP = `Runs the shipped Lockers on a bucket in memory, with a network that fails, seed by seed.

Usage: deno task sim [--from N] [--seeds N]

--from N    first seed (default 1); with --seeds 1 it replays one run
--seeds N   how many (default 2000)`;

/** Runs seeds and tells how it goes; the seeds that broke a rule. */
export async function simulate(from: number, seeds: number, say: (line: string) => void): Promise<number[]> {
  const start = performance.now();
  const faults = new Map<string, number>();
  const broken: number[] = [];
  let grants = 0;
  for (let seed = from; seed < from + seeds; seed++) {
    const outcome = await new Run(seed).outcome();
    grants += outcome.grants;
    for (const [name, count] of outcome.faults) faults.set(name, (faults.get(name) ?? 0) + count);
    if (outcome.broken !== null) {
      broken.push(seed);
      say(`seed ${seed}: ${outcome.broken}; replay: deno task sim --from ${seed} --seeds 1`);
    }
    const done = seed - from + 1;
    const rate = Math.round(done / (performance.now() - start) * 60_000);
    if (done % 500 === 0 || done === seeds) {
      say(`${done} seeds, ${rate} a minute, ${grants} grants, ${broken.length} broken`);
    }
  }
  say([...faults].sort().map(([name, count]) => `${name}: ${count}`).join(", "));
  return broken;
}

if (import.meta.main) {
  const options = { from: { type: "string" }, seeds: { type: "string" }, help: { type: "boolean" } } as const;
  const { values } = parseArgs({ options });
  const say = (line: string) => Deno.stdout.writeSync(new TextEncoder().encode(`${line}\n`));
  if (values.help) say(HELP);
  else if (
    (await simulate(Number(values.from ?? 1), Number(values.seeds ?? 2000), (line) => void say(line))).length > 0
  ) {
    Deno.exit(1);
  }
}
