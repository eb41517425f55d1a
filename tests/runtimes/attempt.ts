/** Runs the suite in one runtime and collects the results. */

import { NatsServer } from "../../tools/nats/server.ts";
import type { Outcome } from "./conformance.ts";
import type { Told } from "./program.ts";
import { Kit, type Runtime } from "./runtimes.ts";

/** Results of one runtime. */
export interface Attempt {
  readonly runtime: Runtime;
  readonly outcomes: readonly Outcome[];
}

/** Time limit of the suite, in milliseconds. */
const PATIENCE = 60_000;

type Say = (line: string) => void;

/** Runs the suite in one runtime against its own server. */
export async function attempt(runtime: Runtime, say: Say): Promise<Attempt> {
  await runtime.install();
  await using kit = new Kit();
  await using server = await NatsServer.start();
  const start = performance.now();
  const running = await runtime.start({ act: "conform", url: server.url, bucket: "conformance" }, kit);
  try {
    const isEnd = (told: Told) => told.told === "outcomes" || told.told === "failed";
    const end = await running.told.find(isEnd, { timeout: PATIENCE });
    if (end.told === "failed") throw new Error(end.error);
    const outcomes = end.told === "outcomes" ? end.outcomes : [];
    say(`${runtime.name}: ${counted(outcomes)} checks passed, ${((performance.now() - start) / 1000).toFixed(1)} s`);
    return { runtime, outcomes };
  } finally {
    await running.kill();
  }
}

/** Returns text such as "17 of 18". */
export function counted(outcomes: readonly Outcome[]): string {
  return `${outcomes.filter(({ error }) => error === undefined).length} of ${outcomes.length}`;
}

/**
 * Returns why a test cannot run here; `null` if it can. In continuous integration it must run, so the result is `null`.
 */
export async function hindrance(install: () => Promise<unknown>): Promise<string | null> {
  if (Deno.env.get("CI") === "true") return null;
  return await install().then(() => null, (error: Error) => error.message);
}
