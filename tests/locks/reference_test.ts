/** Runs the scenarios against the reference model. */

import { assertEquals, assertGreaterOrEqual } from "@std/assert";
import { scenarioTests } from "./lock_manager_scenarios.ts";
import { SEED } from "../helpers/seed.ts";
import { ReferenceLocks } from "./reference.ts";
import { SlowLocks } from "./slow_locks.ts";
import { SCENARIOS } from "./scenarios.ts";

scenarioTests("reference model", (clients) => {
  const locks = new ReferenceLocks();
  return Promise.resolve({ clients: Array.from({ length: clients }, () => locks), close: () => Promise.resolve() });
});

scenarioTests(`reference model behind slow lines, seed ${SEED}`, (count) => {
  const locks = new ReferenceLocks();
  const clients = Array.from(
    { length: count },
    (_, client) => new SlowLocks(locks, { seed: SEED + client, longest: 4 }),
  );
  return Promise.resolve({ clients, close: () => Promise.resolve() });
});

Deno.test("SCENARIOS has at least 60 scenarios, each with a title of its own", () => {
  assertGreaterOrEqual(SCENARIOS.length, 60);
  assertEquals(new Set(SCENARIOS.map(({ title }) => title)).size, SCENARIOS.length);
});
