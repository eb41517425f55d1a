/** How single checks of a suite ended. */

import type { Outcome } from "../runtimes/conformance.ts";

/** Runs one check. Never rejects: an error becomes part of the outcome. */
export async function outcomeOf(title: string, run: () => Promise<void>): Promise<Outcome> {
  return await run().then(() => ({ title }), (error) => ({ title, error: String(error?.stack ?? error) }));
}
