/** The table of runtimes in the documents. */

import type { TableSpec } from "../helpers/doc_table.ts";
import { type Attempt, counted } from "./attempt.ts";

/** The columns: runtime, checks passed, how to connect. */
export const RUNTIME_TABLE: TableSpec = {
  page: "docs/runtimes.md",
  of: "runtimes",
  command: "deno run -A tests/runtimes/main.ts --write",
  head: ["runtime", "checks passed", "connects by"],
};

/** The row of one attempt. */
export function rowOf({ runtime, outcomes }: Attempt): string[] {
  return [runtime.name, counted(outcomes), runtime.connects];
}
