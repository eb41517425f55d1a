/**
 * Runs the suite in each runtime and counts.
 *
 * @module
 */

import { runTableTool } from "../helpers/table_tool.ts";
import { attempt } from "./attempt.ts";
import { RUNTIMES } from "./runtimes.ts";
import { rowOf, RUNTIME_TABLE } from "./table.ts";

const HELP = `Usage: deno run -A tests/runtimes/main.ts [--write] [name ...]

Runs the suite in each runtime, or in those whose names begin so. What they need is installed into a cache; a table is
printed at the end.

--write  puts the table of what ran into README.md; only if all of them ran and passed

Exit code 1 if a check failed or a runtime could not be had.`;

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
