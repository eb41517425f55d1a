// deno-lint-ignore-file no-console
/**
 * Runs a suite in several places, one after the other, and writes the table of the results into its document.
 *
 * @module
 */

import { parseArgs } from "node:util";
import type { Outcome } from "../runtimes/conformance.ts";
import { readPage, rowsIn, type TableSpec, withRows, writePage } from "./doc_table.ts";

/** Describes a suite and the places where it runs. */
export interface TableTool<T> {
  /** What `--help` prints. */
  readonly help: string;
  /** The table that `--write` writes. */
  readonly table: TableSpec;
  /** All places, in the order of the table. */
  readonly places: readonly T[];
  /** Returns the places that the command line names. They need not be in `places`. */
  readonly named: (words: readonly string[]) => readonly T[];
  /** Name of a place in messages. */
  readonly nameOf: (place: T) => string;
  /** Runs the suite in a place. Rejects if the place is not available. */
  readonly run: (place: T) => Promise<Ran>;
}

/** Results of the suite in one place. */
export interface Ran {
  /** Row of the table. Its second cell is the number of passed checks. */
  readonly row: readonly string[];
  readonly outcomes: readonly Outcome[];
}

/** Runs the tool with the arguments of this process. Resolves to the exit code. */
export async function runTableTool<T>(tool: TableTool<T>): Promise<number> {
  const { values, positionals } = parseArgs({
    args: Deno.args,
    options: { help: { type: "boolean", short: "h" }, write: { type: "boolean" } },
    allowPositionals: true,
  });
  if (values.help) {
    console.log(tool.help);
    return 0;
  }
  const places = positionals.length > 0 ? tool.named(positionals) : tool.places;
  if (places.length === 0) {
    console.log(
      `Unknown place "${positionals.join(" ")}", known are ${
        tool.places.map((place) => `"${tool.nameOf(place)}"`).join(", ")
      }`,
    );
    return 1;
  }
  const rows: Ran["row"][] = [];
  let failures = 0;
  for (const place of places) {
    const { row, failed } = await ran(tool, place);
    failures += failed;
    rows.push(row);
  }
  const { table } = tool;
  const written = withRows(await readPage(table), table, rows);
  console.log(`\n${[table.head, ...rowsIn(written, table)].map((row) => row.join(" | ")).join("\n")}`);
  if (!values.write) return failures === 0 ? 0 : 1;
  const isWhole = failures === 0 && places === tool.places;
  if (isWhole) await writePage(table, written);
  console.log(`${table.page}: ${isWhole ? "written" : "not written, because not all places ran and passed"}`);
  return isWhole ? 0 : 1;
}

async function ran<T>(
  { table, nameOf, run }: TableTool<T>,
  place: T,
): Promise<{ readonly row: Ran["row"]; readonly failed: number }> {
  const name = nameOf(place);
  console.log(`${name}: running`);
  const start = performance.now();
  try {
    const { row, outcomes } = await run(place);
    const failed = outcomes.filter(({ error }) => error !== undefined);
    console.log(`${name}: ${row[1]} checks passed, ${Math.round((performance.now() - start) / 1000)} s`);
    for (const { title, error } of failed) console.log(`FAILED ${title}\n${error}`);
    return { row, failed: failed.length };
  } catch (error) {
    console.log(`${name}: FAILED, ${error instanceof Error ? error.message : error}`);
    const cells = table.head.map((_, column) => [name, "could not run"][column] ?? "");
    return { row: cells, failed: 1 };
  }
}
