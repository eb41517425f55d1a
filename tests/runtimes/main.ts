// deno-lint-ignore-file no-console
/**
 * Runs the suite in each runtime and counts.
 *
 * @module
 */

import { parseArgs } from "node:util";
import { attempt } from "./attempt.ts";
import { RUNTIMES } from "./runtimes.ts";
import { withRows } from "../helpers/readme_table.ts";
import { rowOf, RUNTIME_TABLE } from "./table.ts";

const HELP = `Usage: deno run -A tests/runtimes/main.ts [--write] [name ...]

Runs the suite in each runtime, or in those whose names begin so. What they need is installed into a cache.

--write  puts the table of what ran into README.md; only if all of them ran and passed

Exit code 1 if a check failed or a runtime could not be had.`;

const README = new URL("../../README.md", import.meta.url);

async function main(): Promise<number> {
  const { values, positionals } = parseArgs({
    args: Deno.args,
    options: { help: { type: "boolean", short: "h" }, write: { type: "boolean" } },
    allowPositionals: true,
  });
  if (values.help) {
    console.log(HELP);
    return 0;
  }
  const isWanted = (name: string) => positionals.length === 0 || positionals.some((wanted) => name.startsWith(wanted));
  const rows: string[][] = [];
  let failures = 0;
  for (const runtime of RUNTIMES.filter(({ name }) => isWanted(name))) {
    console.log(`${runtime.name}: running`);
    try {
      const result = await attempt(runtime, console.log);
      rows.push(rowOf(result));
      const failed = result.outcomes.flatMap(({ title, error }) => error === undefined ? [] : [`${title}\n${error}`]);
      failures += failed.length;
      for (const text of failed) console.log(`FAILED ${text}`);
    } catch (error) {
      failures++;
      console.log(`${runtime.name}: FAILED, ${error instanceof Error ? error.message : error}`);
    }
  }
  if (values.write && failures === 0 && rows.length === RUNTIMES.length) {
    await Deno.writeTextFile(README, withRows(await Deno.readTextFile(README), RUNTIME_TABLE, rows));
    console.log("README.md: written");
  } else if (values.write) {
    console.log("README.md: not written, since not all ran and passed");
  }
  return failures === 0 && rows.length > 0 ? 0 : 1;
}

if (import.meta.main) Deno.exit(await main());
