/** Runs the scenarios against Deno's own `navigator.locks`, where it follows the specification. */

import { assertInstanceOf } from "@std/assert";
import type { LocksLike } from "./locks_like.ts";
import { rejection } from "./refusals.ts";
import { CLIENTS, runScenario, type Scenario } from "./scenario.ts";
import { SCENARIOS } from "./scenarios.ts";

/** The longest time in milliseconds of a scenario that must pass, and of one that must fail. */
const LIMIT = { passing: 20_000, failing: 500 };

/** Deno's types do not have `navigator.locks`. */
const { locks: native } = navigator as Navigator & { readonly locks: LocksLike };

function runNative(scenario: Scenario, limit: number): Promise<void> {
  const clients = Array.from({ length: CLIENTS }, () => native);
  return runScenario(scenario, clients, { prefix: `${scenario.title} `, limit });
}

const standard = SCENARIOS.filter(({ extension }) => !extension);

for (const scenario of standard.filter(({ nativeDiffers }) => nativeDiffers === undefined)) {
  Deno.test(`navigator.locks of Deno: ${scenario.title}`, () => runNative(scenario, LIMIT.passing));
}

for (const scenario of standard.filter(({ nativeDiffers }) => nativeDiffers !== undefined)) {
  Deno.test(`navigator.locks of Deno fails: ${scenario.title}`, async () => {
    // If it passes, Deno follows the specification now: remove `nativeDiffers`.
    assertInstanceOf(await rejection(runNative(scenario, LIMIT.failing)), Error);
  });
}
