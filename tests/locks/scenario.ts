/**
 * One scenario, and how it is run.
 *
 * @module
 */

import { onAbort } from "../../src/base/wait.ts";
import type { LocksLike } from "./locks_like.ts";
import { Tools } from "./tools.ts";

/** A property that every implementation of Web Locks has, as a short program. */
export interface Scenario {
  readonly title: string;
  readonly run: (locks: LocksLike, tools: Tools) => void | Promise<void>;
  /** True if it needs what Web Locks does not have. */
  readonly extension?: true;
  /** Why Deno's own `navigator.locks` fails it. */
  readonly nativeDiffers?: string;
}

/** The most clients that a scenario uses. */
export const CLIENTS = 3;

/** Options of {@linkcode runScenario}. */
export interface RunOptions {
  /** Start of all names of the run, unique among all runs on the same locks. */
  readonly prefix: string;
  /** The longest time in milliseconds. */
  readonly limit: number;
  /** Ends the run before its limit. */
  readonly signal?: AbortSignal;
}

/** Runs a scenario and checks that nothing is left. Rejects if it fails, or takes longer than the limit. */
export async function runScenario(
  { title, run }: Scenario,
  clients: readonly LocksLike[],
  { prefix, limit, signal }: RunOptions,
): Promise<void> {
  const [locks] = clients;
  if (!locks) throw new Error("A scenario needs a client");
  const tools = new Tools(clients, prefix);
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(() => late.reject(new Error(`"${title}" takes longer than ${limit} ms`)), limit);
  const ending = onAbort(signal, () => late.reject(signal?.reason));
  const work = (async () => {
    await run(locks, tools);
    await tools.finish();
  })();
  try {
    await Promise.race([work, late.promise]);
  } finally {
    clearTimeout(timer);
    ending[Symbol.dispose]();
    tools.abandon();
    work.catch(() => {});
  }
}
