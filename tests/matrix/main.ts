// deno-lint-ignore-file no-console
/**
 * `deno task matrix`: the suite on each supported release of nats-server.
 *
 * @module
 */

import { parseArgs } from "node:util";
import { rowsIn, withRows } from "../helpers/readme_table.ts";
import { type Row, rowOf, TABLE, trialOf } from "./trial.ts";
import { VERSIONS } from "./versions.ts";

const HELP = `Usage: deno task matrix [--write] [version ...]

Runs the suite on ${VERSIONS.join(", ")} of nats-server, or on the releases named, one after the other, and
prints a table. A release that is missing is installed into a cache first: with Go this takes about a minute.

--write  puts the table into README.md; only if all of them ran and passed

Exit code 1 if a check failed or a release could not be had.`;

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
  const versions = positionals.length > 0 ? positionals : VERSIONS;
  const rows: Row[] = [];
  let failures = 0;
  for (const version of versions) {
    const { row, failed } = await ran(version);
    failures += failed;
    rows.push(row);
  }
  const readme = await Deno.readTextFile(README);
  const written = withRows(readme, TABLE, rows);
  console.log(`\n${[TABLE.head, ...rowsIn(written, TABLE)].map((row) => row.join(" | ")).join("\n")}`);
  if (!values.write) return failures === 0 ? 0 : 1;
  const isWhole = failures === 0 && versions === VERSIONS;
  if (isWhole) await Deno.writeTextFile(README, written);
  console.log(`README.md: ${isWhole ? "written" : "not written, since not all ran and passed"}`);
  return isWhole ? 0 : 1;
}

async function ran(version: string): Promise<{ readonly row: Row; readonly failed: number }> {
  console.log(`nats-server ${version}: running`);
  const start = performance.now();
  try {
    const trial = await trialOf(version);
    const row = rowOf(trial);
    const failed = trial.outcomes.filter(({ error }) => error !== undefined);
    console.log(`nats-server ${version}: ${row[1]} checks passed, ${Math.round((performance.now() - start) / 1000)} s`);
    for (const { title, error } of failed) console.log(`FAILED ${title}\n${error}`);
    return { row, failed: failed.length };
  } catch (error) {
    console.log(`nats-server ${version}: FAILED, ${error instanceof Error ? error.message : error}`);
    return { row: [version, "could not be run", "", ""], failed: 1 };
  }
}

if (import.meta.main) Deno.exit(await main());
