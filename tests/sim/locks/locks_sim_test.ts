import { assert, assertEquals } from "@std/assert";
import { runSeeds } from "../crew.ts";
import { play } from "../play.ts";
import { shrink } from "../shrink.ts";
import { LOCKS_CORPUS } from "./corpus.ts";

/** The fixed seeds of this test: about 20 s of one core. `deno task sim --locks` runs fresh ones. */
const FROM = 1;
const SEEDS = 200;

/** Time limit in ms, for a machine that also does other work. */
const PATIENCE = 280_000;

/** What these seeds must contain, and how often at least. */
const LEAST: Readonly<Record<string, number>> = { burial: 100, theft: 100, query: 100, refused: 500 };

const locks = true;

Deno.test("Lock managers keep every rule in hundreds of seeds", async () => {
  const campaign = { from: FROM, seeds: SEEDS, workers: navigator.hardwareConcurrency, options: { locks } };
  const tally = await runSeeds({ ...campaign, signal: AbortSignal.timeout(PATIENCE), progress: () => {} });
  const broken = tally.broken.map(({ seed, rule }) => `${rule}: deno task sim --locks --seed ${seed}`);
  assertEquals([broken, tally.seeds], [[], SEEDS]);
  assertEquals(Object.keys(LEAST).filter((what) => (tally.edges.get(what) ?? 0) < (LEAST[what] ?? 0)), []);
  assert(tally.grants > 20 * SEEDS, `${tally.grants} grants`);
});

Deno.test("Lock managers keep every rule in the seeds that once broke a rule", async () => {
  for (const { seed, was } of LOCKS_CORPUS) assertEquals((await play(seed, { locks })).broken, null, `${seed}: ${was}`);
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
