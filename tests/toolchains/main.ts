/**
 * Runs the tiny projects of all toolchains and prints a table of the results.
 *
 * @module
 */

import { runTableTool } from "../helpers/table_tool.ts";
import { TOOLCHAIN_TABLE } from "./table.ts";
import { TOOLCHAINS, trialOf } from "./toolchains.ts";
import { Workshop } from "./workshop.ts";

const HELP = `Usage: deno run -A tests/toolchains/main.ts [--write] [name ...]

Packs the library, installs it, and builds and runs a tiny project for each toolchain, or for those whose names start
with a given name. The tools are installed into a cache. A table is printed at the end.

--write  writes the table to ${TOOLCHAIN_TABLE.page}, but only if all toolchains ran and passed

Exit code 1 if a check failed or a toolchain is not available.`;

if (import.meta.main) {
  const code = await runTableTool({
    help: HELP,
    table: TOOLCHAIN_TABLE,
    places: TOOLCHAINS,
    named: (words) => TOOLCHAINS.filter(({ name }) => words.some((word) => name.startsWith(word))),
    nameOf: ({ name }) => name,
    run: async (toolchain) => {
      await Workshop.prepare();
      return trialOf(toolchain, await Workshop.open());
    },
  });
  Deno.exit(code);
}
