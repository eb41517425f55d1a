/** The README's table of runtimes: what ran, and how it went. */

import type { TableSpec } from "../helpers/readme_table.ts";
import { type Attempt, counted } from "./attempt.ts";

/** Where it stands: runtime, checks passed, how to connect. */
export const RUNTIME_TABLE: TableSpec = {
  of: "runtimes",
  command: "deno run -A tests/runtimes/main.ts --write",
  head: ["runtime", "checks passed", "connects by"],
};

/** The row that shows how the suite went. */
export function rowOf({ runtime, outcomes }: Attempt): string[] {
  return [runtime.name, counted(outcomes), runtime.connects];
}
