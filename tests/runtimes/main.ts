/**
 * Runs the suite in each runtime and prints a table of the results.
 *
 * @module
 */

import { runTableTool } from "../helpers/table_tool.ts";
import { attempt } from "./attempt.ts";
import { RUNTIMES } from "./runtimes.ts";
import { rowOf, RUNTIME_TABLE } from "./table.ts";

const HELP = `Usage: deno run -A tests/runtimes/main.ts [--write] [name ...]

Runs the suite in each runtime, or in those whose names start with a given name. What they need is installed into a
cache. A table is printed at the end.

--write  writes the table to ${RUNTIME_TABLE.page}, but only if all runtimes ran and passed

Exit code 1 if a check failed or a runtime is not available.`;

if (import.meta.main) {
  const code = await runTableTool({
    help: HELP,
    table: RUNTIME_TABLE,
    places: RUNTIMES,
    named: (words) => RUNTIMES.filter(({ name }) => words.some((word) => name.startsWith(word))),
    nameOf: ({ name }) => name,
    run: async (runtime) => {
      const result = await attempt(runtime, () => {});
      return { row: rowOf(result), outcomes: result.outcomes };
    },
  });
  Deno.exit(code);
}
