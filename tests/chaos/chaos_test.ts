import { assert, assertEquals } from "@std/assert";
import { missing, only } from "./checker.ts";
import { engines } from "./engines.ts";
import { run } from "./run.ts";
import { SEED } from "../helpers/seed.ts";

/** How long faults happen, in ms. With start, recovery and end, the test takes about a minute. */
const LENGTH = 35_000;

Deno.test("Locks keep their rules while servers, clients and their lines fail", async () => {
  const folder = await Deno.makeTempDir({ prefix: "natslock-chaos-" });
  const outcome = await run({ seed: SEED, length: LENGTH, folder, engines: await engines(folder) });
  assertEquals(outcome.violations, [], `histories: ${folder}; deno task chaos --minutes 1 --seed ${SEED}`);
  const { course, faults } = outcome;
  assert(faults.length >= 5 && course.guarded.length > 20 && only(course.entries, "held").length > 100);
  assert(only(course.entries, "locked").length > 100);
  assertEquals([...missing(course, "guarded"), ...missing(course, "named")], []);
  await Deno.remove(folder, { recursive: true });
});
