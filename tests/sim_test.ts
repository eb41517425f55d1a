import { assert, assertEquals } from "@std/assert";
import { simulate } from "./sim/main.ts";
import { Run } from "./sim/run.ts";

Deno.test("Lockers keep every rule over 1,000 seeds of a network that fails", async () => {
  const lines: string[] = [];
  const broken = await simulate(1, 1000, (line) => lines.push(line));
  assertEquals(broken, [], lines.join("\n"));
});

Deno.test("A run is replayed by its seed", async () => {
  const [first, second] = [await new Run(7).outcome(), await new Run(7).outcome()];
  assertEquals(first, second);
  assert(first.grants > 0 && first.faults.size > 3);
});

Deno.test("The oracle turns red when the server removes records before their time", async () => {
  const broken: string[] = [];
  for (let seed = 1; seed <= 20; seed++) broken.push((await new Run(seed, 600).outcome()).broken ?? "");
  assert(broken.some((rule) => rule.startsWith("S")), broken.join("\n"));
});
