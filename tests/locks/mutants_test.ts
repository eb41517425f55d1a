/** Shows that the scenarios find each fault of a mutant, and none in the model. */

import { assertEquals, assertNotEquals } from "@std/assert";
import { MUTANTS } from "./mutants.ts";
import { ReferenceLocks } from "./reference.ts";
import type { Rules } from "./reference_rules.ts";
import { CLIENTS, runScenario, type Scenario } from "./scenario.ts";
import { SCENARIOS } from "./scenarios.ts";

/**
 * The longest time of one scenario in milliseconds. A mutant can make scenarios wait forever. The slowest scenario takes
 * 600 ms.
 */
const LIMIT = { model: 20_000, mutant: 1_000 };

/** Runs all scenarios at once until one fails, and returns its title; `null` if none does. */
async function firstFailure(rules: Partial<Rules>, limit: number): Promise<string | null> {
  const stop = new AbortController();
  const found: string[] = [];
  const run = async (scenario: Scenario) => {
    const locks = new ReferenceLocks(rules);
    const clients = Array.from({ length: CLIENTS }, () => locks);
    try {
      await runScenario(scenario, clients, { prefix: "s ", limit, signal: stop.signal });
    } catch {
      found.push(scenario.title);
      stop.abort();
    }
  };
  await Promise.all(SCENARIOS.map(run));
  return found[0] ?? null;
}

Deno.test("the scenarios find no fault in the reference model", async () => {
  assertEquals(await firstFailure({}, LIMIT.model), null);
});

for (const { title, rules } of MUTANTS) {
  // A scenario that fails can leave requests that wait for their timeout.
  const sanitizers = { sanitizeOps: false, sanitizeResources: false };
  Deno.test({ name: `the scenarios find the fault: ${title}`, ...sanitizers }, async () => {
    assertNotEquals(await firstFailure(rules, LIMIT.mutant), null);
  });
}
