import { assert, assertEquals } from "@std/assert";
import { runSeeds } from "../crew.ts";
import { play } from "../play.ts";
import type { RunOptions } from "../run.ts";
import { replayCommand, shrink } from "../shrink.ts";
import type { Tally } from "../tally.ts";
import { LOCKS_CORPUS } from "./corpus.ts";

/** The fixed seeds of this test: about 20 s of one core. `deno task sim --locks` runs fresh ones. */
const FROM = 1;
const SEEDS = 100;
const SMALL_SEEDS = 600;
const LOSSY_SEEDS = 150;

/** Time limit in ms, for a machine that also does other work. */
const PATIENCE = 280_000;

/** What these seeds must contain, and how often at least. */
const LEAST: Readonly<Record<string, number>> = { burial: 50, theft: 50, query: 50, refused: 250 };

const locks = true;

/** Runs the fixed seeds. */
async function run(seeds: number, options: RunOptions): Promise<Tally> {
  const campaign = { from: FROM, seeds, workers: navigator.hardwareConcurrency, options };
  const tally = await runSeeds({ ...campaign, signal: AbortSignal.timeout(PATIENCE), progress: () => {} });
  const broken = tally.broken.map(({ seed, rule }) => `${rule}: ${replayCommand(seed, options)}`);
  assertEquals([broken, tally.seeds], [[], seeds]);
  return tally;
}

Deno.test("Lock managers keep every rule in a hundred seeds", async () => {
  const { edges, grants } = await run(SEEDS, { locks });
  assertEquals(Object.keys(LEAST).filter((what) => (edges.get(what) ?? 0) < (LEAST[what] ?? 0)), []);
  assert(grants > 20 * SEEDS, `${grants} grants`);
});

Deno.test("Lock managers keep every rule in hundreds of small worlds", async () => {
  const { grants } = await run(SMALL_SEEDS, { locks, small: true });
  assert(grants > 10 * SMALL_SEEDS, `${grants} grants`);
});

Deno.test("Requests for locks do not wait forever after the servers lost acknowledged writes", async () => {
  const { grants } = await run(LOSSY_SEEDS, { locks, small: true, lostWrites: true });
  assert(grants > 10 * LOSSY_SEEDS, `${grants} grants`);
});

Deno.test("Lock managers keep every rule in the seeds that once broke a rule", async () => {
  for (const { seed, was, small = false, lostWrites = false } of LOCKS_CORPUS) {
    assertEquals((await play(seed, { locks, small, lostWrites })).broken, null, `${seed}: ${was}`);
  }
});

Deno.test("Two runs of lock managers with the same seed are identical", async () => {
  const traceOf = async (seed: number) => {
    const lines: string[] = [];
    const outcome = await play(seed, { locks, trace: (line) => void lines.push(line) });
    return { lines, outcome };
  };
  for (const seed of [3, 4]) assertEquals(await traceOf(seed), await traceOf(seed));
  assert((await traceOf(3)).lines.length > 100);
});

Deno.test("A seed of lock managers that breaks no rule is not shrunk", async () => {
  assertEquals(await shrink(1, { locks }), null);
});
