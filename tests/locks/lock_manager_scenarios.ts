/**
 * Registers the scenarios as tests of one implementation.
 *
 * @module
 */

import type { LocksLike } from "./locks_like.ts";
import { CLIENTS, runScenario } from "./scenario.ts";
import { SCENARIOS } from "./scenarios.ts";

/** Clients of one bucket, and how to end them. */
export interface OpenClients {
  readonly clients: readonly LocksLike[];
  close(): Promise<void>;
}

/** The longest time of one scenario in milliseconds. */
const LIMIT = 60_000;

/**
 * Registers one test for each scenario. Each test opens clients of its own with `open(count)`, which must return
 * `count` clients of one bucket.
 */
export function scenarioTests(title: string, open: (clients: number) => Promise<OpenClients>): void {
  for (const scenario of SCENARIOS) {
    Deno.test(`${title}: ${scenario.title}`, async () => {
      const { clients, close } = await open(CLIENTS);
      try {
        await runScenario(scenario, clients, { prefix: "s ", limit: LIMIT });
      } finally {
        await close();
      }
    });
  }
}
