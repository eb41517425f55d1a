/** Runs the scenarios against the reference model. */

import { assertEquals, assertGreaterOrEqual } from "@std/assert";
import { scenarioTests } from "./lock_manager_scenarios.ts";
import { ReferenceLocks } from "./reference.ts";
import { SCENARIOS } from "./scenarios.ts";

scenarioTests("reference model", (clients) => {
  const locks = new ReferenceLocks();
  return Promise.resolve({ clients: Array.from({ length: clients }, () => locks), close: () => Promise.resolve() });
});

Deno.test("SCENARIOS has at least 60 scenarios, each with a title of its own", () => {
  assertGreaterOrEqual(SCENARIOS.length, 60);
  assertEquals(new Set(SCENARIOS.map(({ title }) => title)).size, SCENARIOS.length);
});
