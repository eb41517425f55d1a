/** The table of runtimes in the README. */

import type { TableSpec } from "../helpers/readme_table.ts";
import { type Attempt, counted } from "./attempt.ts";

/** The columns: runtime, checks passed, how to connect. */
export const RUNTIME_TABLE: TableSpec = {
  of: "runtimes",
  command: "deno run -A tests/runtimes/main.ts --write",
  head: ["runtime", "checks passed", "connects by"],
};

/** The row of one attempt. */
export function rowOf({ runtime, outcomes }: Attempt): string[] {
  return [runtime.name, counted(outcomes), runtime.connects];
}
