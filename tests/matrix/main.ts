/**
 * `deno task matrix`: the suite on each supported release of nats-server.
 *
 * @module
 */

import { runTableTool } from "../helpers/table_tool.ts";
import { rowOf, TABLE, trialOf } from "./trial.ts";
import { VERSIONS } from "./versions.ts";

const HELP = `Usage: deno task matrix [--write] [version ...]

Runs the suite on ${VERSIONS.join(", ")} of nats-server, or on the releases named, one after the other, and
prints a table. A release that is missing is installed into a cache first: with Go this takes about a minute.

--write  puts the table into README.md; only if all of them ran and passed

Exit code 1 if a check failed or a release could not be had.`;

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
