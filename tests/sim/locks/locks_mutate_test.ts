import { assertEquals } from "@std/assert";
import { judge, LOCKS_SHEET, tabledSeeds } from "../mutate.ts";
import { worldOf } from "../mutation.ts";
import { play } from "../play.ts";

const { mutations } = LOCKS_SHEET;

Deno.test("The seed in locks/MUTATIONS.md detects each rule of many locks that is turned off", async () => {
  const seeds = await tabledSeeds(LOCKS_SHEET);
  const missing = mutations.map(({ off }) => off).filter((off) => !seeds.has(off));
  assertEquals(missing, [], "run: deno task mutate --locks");
  const verdicts = await judge(mutations, ({ off }) => [seeds.get(off) ?? 0, 1]);
  assertEquals(verdicts.filter(({ red }) => red === null).map(({ mutation }) => mutation.off), []);
});

Deno.test("The seeds of locks/MUTATIONS.md break no rule in the unchanged source", async () => {
  const seeds = await tabledSeeds(LOCKS_SHEET);
  for (const mutation of mutations) {
    const seed = seeds.get(mutation.off) ?? 0;
    assertEquals((await play(seed, worldOf(mutation))).broken, null, `seed ${seed}`);
  }
});
