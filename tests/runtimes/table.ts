/** The README's table of runtimes: what ran, and how it went. */

import { type Attempt, counted } from "./attempt.ts";

/** Cells of one row: runtime, checks passed, how to connect. */
export type Row = readonly [name: string, passed: string, connects: string];

const BEGIN = "<!-- The table of runtimes: deno run -A tests/runtimes/main.ts --write -->";
const END = "<!-- End of the table of runtimes -->";
const HEAD: Row = ["runtime", "checks passed", "connects by"];

/** The row that shows how the suite went. */
export function rowOf({ runtime, outcomes }: Attempt): Row {
  return [runtime.name, counted(outcomes), runtime.connects];
}

/** The rows that a document shows. */
export function rowsIn(text: string): Row[] {
  const cells = (line: string): Row => {
    const [name = "", passed = "", connects = ""] = line.split("|").slice(1, -1).map((cell) => cell.trim());
    return [name, passed, connects];
  };
  return lines(text).slice(2).map(cells);
}

/** The document with these rows instead. */
export function withRows(text: string, rows: readonly Row[]): string {
  const widths = HEAD.map((_, column) => Math.max(...[HEAD, ...rows].map((row) => row[column]?.length ?? 0)));
  const line = (row: readonly string[]) => `| ${row.map((cell, i) => cell.padEnd(widths[i] ?? 0)).join(" | ")} |`;
  const rule = line(widths.map((width) => "-".repeat(width)));
  const table = [line(HEAD), rule, ...rows.map(line)].join("\n");
  const [before = "", after = ""] = [text.split(BEGIN)[0], text.split(END)[1]];
  if (lines(text).length === 0) throw new Error(`Cannot write the table: the document has no "${BEGIN}"`);
  return `${before}${BEGIN}\n\n${table}\n\n${END}${after}`;
}

function lines(text: string): string[] {
  const between = text.split(BEGIN)[1]?.split(END)[0] ?? "";
  return between.split("\n").filter((line) => line.startsWith("|"));
}
