import { assert, assertEquals } from "@std/assert";
import { judge, LOCKS_SHEET } from "../mutate.ts";
import { play } from "../play.ts";

/** One rule of each kind. `deno task mutate --locks --check` tries all: that takes too long for every test. */
const SAMPLE: readonly string[] = [
  "a look counts although it does not show the own ticket",
  "a shared request passes an exclusive one",
  "a request that tries once buries nobody",
  "a thief holds without another look",
  "absence in a read proves death",
  "locks outlive their session",
  "a lock is held until its removal is confirmed",
  "a query takes any answer",
];

/** After a change of the code a seed can mean another schedule, so the next seeds are tried as well. */
const SEEDS = 10;

const locks = true;

Deno.test("Each rule of many locks has a seed in locks/MUTATIONS.md", async () => {
  const seeds = await LOCKS_SHEET.seeds();
  const missing = LOCKS_SHEET.mutations.filter(({ off }) => !seeds.has(off)).map(({ off }) => off);
  assertEquals(missing, [], "run: deno task mutate --locks --quick");
});

Deno.test("The text that each rule of many locks replaces occurs exactly once in its file", async () => {
  for (const { off, file, from } of LOCKS_SHEET.mutations) {
    const source = await Deno.readTextFile(new URL(`../../../src/${file}`, import.meta.url));
    assertEquals(source.split(from).length - 1, 1, `${off}: ${file}`);
  }
});

Deno.test("Seeds detect a sample of the rules of many locks that are turned off, and break no rule otherwise", async () => {
  const seeds = await LOCKS_SHEET.seeds();
  const sample = LOCKS_SHEET.mutations.filter(({ off }) => SAMPLE.includes(off));
  assertEquals(sample.length, SAMPLE.length);
  for (const { mutation: { off }, red } of await judge(sample, ({ off }) => [seeds.get(off) ?? 1, SEEDS])) {
    assert(red !== null, `${off}: run deno task mutate --locks --quick`);
    assertEquals((await play(red.seed, { locks, wire: false })).broken, null, `seed ${red.seed}`);
  }
});
