import { assert, assertEquals } from "@std/assert";
import { judge, LOCKER_SHEET, MUTATIONS } from "./mutate.ts";
import { worldOf } from "./mutation.ts";
import { play } from "./play.ts";

Deno.test("The seed in MUTATIONS.md detects each rule that is turned off", async () => {
  const seeds = await LOCKER_SHEET.seeds();
  assertEquals(MUTATIONS.map(({ off }) => off).filter((off) => !seeds.has(off)), [], "run: deno task mutate");
  const verdicts = await judge(MUTATIONS, ({ off }) => [seeds.get(off) ?? 0, 1]);
  assertEquals(verdicts.filter(({ red }) => red === null).map(({ mutation }) => mutation.off), []);
});

Deno.test("The seeds of MUTATIONS.md break no rule in the unchanged source", async () => {
  const seeds = await LOCKER_SHEET.seeds();
  assert(seeds.size > 10);
  for (const mutation of MUTATIONS) {
    const seed = seeds.get(mutation.off) ?? 0;
    assertEquals((await play(seed, worldOf(mutation))).broken, null, `seed ${seed}`);
  }
});

Deno.test("Each of the rules L1 to L12 has a mutation", () => {
  const rules = new Set(MUTATIONS.map(({ rule }) => rule));
  for (let number = 1; number <= 12; number++) assert(rules.has(`L${number}`), `L${number}`);
});
