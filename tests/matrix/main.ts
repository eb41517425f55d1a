/**
 * `deno task matrix`: runs the suite on each supported release of nats-server.
 *
 * @module
 */

import { runTableTool } from "../helpers/table_tool.ts";
import { rowOf, TABLE, trialOf } from "./trial.ts";
import { VERSIONS } from "./versions.ts";

const HELP = `Usage: deno task matrix [--write] [version ...]

Runs the suite on nats-server ${VERSIONS.join(", ")}, or on the given releases, one after
the other, and prints a table. A missing release is installed into a cache first, which takes about a minute with Go.

--write  writes the table to ${TABLE.page}, but only if all releases ran and passed

Exit code 1 if a check failed or a release is not available.`;

if (import.meta.main) {
  const code = await runTableTool({
    help: HELP,
    table: TABLE,
    places: VERSIONS,
    named: (versions) => versions,
    nameOf: (version) => `nats-server ${version}`,
    run: async (version) => {
      const trial = await trialOf(version);
      return { row: rowOf(trial), outcomes: trial.outcomes };
    },
  });
  Deno.exit(code);
}
