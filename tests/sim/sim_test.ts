import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { CORPUS } from "./corpus.ts";
import { runSeeds } from "./crew.ts";
import { EDGES } from "./edges.ts";
import { type Fault, FAULTS } from "./faults.ts";
import { Run } from "./run.ts";
import { replayCommand, shrink } from "./shrink.ts";

/** The fixed seeds of this test: about 15 s on two cores. `deno task sim` runs fresh ones. */
const FROM = 1;
const SEEDS = 6000;

/** Time limit in ms, for a machine that also does other work. */
const PATIENCE = 300_000;

/**
 * Minimum number of faults of each kind per 10,000 seeds, and the number of edges that are so rare that these seeds may
 * miss them.
 */
const HITS = 1000;
const RARE = 4;

Deno.test("Lockers keep every rule in thousands of seeds that cover all kinds of faults", async () => {
  const campaign = { from: FROM, seeds: SEEDS, workers: navigator.hardwareConcurrency, options: {} };
  const tally = await runSeeds({ ...campaign, signal: AbortSignal.timeout(PATIENCE), progress: () => {} });
  const broken = tally.broken.map(({ seed, rule }) => `${rule}: deno task sim --seed ${seed}`);
  assertEquals([broken, tally.seeds], [[], SEEDS]);
  const rate = (fault: Fault) => (tally.faults.get(fault) ?? 0) / tally.seeds * 10_000;
  assertEquals(FAULTS.filter((fault) => rate(fault) < HITS), []);
  assertEquals([...tally.edges.keys()].filter((edge) => !EDGES.has(edge)), []);
  assert(tally.edges.size > EDGES.size - RARE, JSON.stringify([...tally.edges]));
  assert(tally.grants > tally.seeds && tally.refused > 0, JSON.stringify(tally));
});

Deno.test("Lockers keep every rule in the seeds that once broke a rule", async () => {
  for (const { seed, was, wire = false } of CORPUS) {
    assertEquals((await new Run(seed, { wire }).outcome()).broken, null, `${seed}: ${was}`);
  }
});

Deno.test("Two runs with the same seed are identical", async () => {
  const traceOf = async (seed: number, wire: boolean) => {
    const lines: string[] = [];
    const outcome = await new Run(seed, { wire, trace: (line) => void lines.push(line) }).outcome();
    return { lines, outcome };
  };
  for (const seed of [7, 8]) {
    for (const wire of [false, true]) assertEquals(await traceOf(seed, wire), await traceOf(seed, wire));
  }
  assert((await traceOf(7, false)).lines.length > 100);
});

Deno.test("No lock is safe in a bucket with expiry markers: a violation is found and shrunk", async () => {
  const markers = true;
  let red: number | null = null;
  for (let seed = 1; red === null && seed <= 1000; seed++) {
    if ((await new Run(seed, { markers }).outcome()).broken !== null) red = seed;
  }
  assert(red !== null, "no seed of 1,000 is red");
  const shrunk = await shrink(red, { markers });
  const whole = await new Run(red, { markers }).outcome();
  assert(shrunk !== null && shrunk.outcome.total <= whole.total);
  assertStringIncludes(shrunk.outcome.broken ?? "", "S");
  assertStringIncludes(replayCommand(red, shrunk.options), `deno task sim --seed ${red} --markers`);
});
