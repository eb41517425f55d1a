/** Writes the figures as a page of Markdown. */

import type { Figures, Row, Table } from "./figures.ts";

/** Digits that say something: three. */
export function rounded(value: number): string {
  if (!Number.isFinite(value)) return "-";
  if (value === 0) return "0";
  const digits = Math.max(0, 2 - Math.floor(Math.log10(Math.abs(value))));
  return digits === 0 ? Math.round(value).toLocaleString("en") : value.toFixed(Math.min(digits, 4));
}

function ratio(value: number, base: number | undefined): string {
  if (base === undefined || !(base > 0) || !Number.isFinite(value)) return "";
  return `${rounded(value / base)}x`;
}

function cells(row: Row, base: Row | undefined, isOne: boolean): string[] {
  const half = [rounded(row.p50), ratio(row.p50, base?.p50)];
  return isOne ? [row.name, ...half] : [row.name, ...half, rounded(row.p99 ?? NaN), ratio(row.p99 ?? NaN, base?.p99)];
}

/** Aligns columns as `deno fmt` does. */
export function grid(rows: readonly (readonly string[])[]): string {
  const [head = []] = rows;
  const widths = head.map((_, at) => Math.max(3, ...rows.map((row) => row[at]?.length ?? 0)));
  const line = (row: readonly string[]) => `| ${row.map((cell, at) => cell.padEnd(widths[at] ?? 0)).join(" | ")} |`;
  const rule = `| ${widths.map((width) => "-".repeat(width)).join(" | ")} |`;
  return [line(head), rule, ...rows.slice(1).map(line)].join("\n");
}

function tableOf({ title, unit, base, rows, notes = [] }: Table): string {
  const basis = rows.find(({ name }) => name === base);
  const isOne = rows.every(({ p99 }) => p99 === undefined);
  const numbers = isOne ? [unit, "ratio"] : [`p50 ${unit}`, "ratio", `p99 ${unit}`, "ratio"];
  const all = [["", ...numbers], ...rows.map((row) => cells(row, basis, isOne))];
  const shown = basis === undefined ? all.map((row) => row.filter((_, at) => at === 0 || at % 2 === 1)) : all;
  const about = basis === undefined ? "" : `\n\nThe ratios are to "${basis.name}".`;
  return [`### ${title}`, grid(shown) + about, ...notes].join("\n\n");
}

/** The page. Plots are files beside it. */
export function pageOf(figures: Figures): string {
  const { when, commit, machine, missing, tables, curves } = figures;
  const about = grid([["", ""], ...machine.map(([name, value]) => [name, value])]);
  const absent = missing.map((reason) => `Not measured: ${reason}.`);
  const plots = curves.map(({ id, title }) => `![${title}](figures/${id}.svg)`);
  return `${
    [
      "# Figures",
      "`deno task bench --write` writes this page: it starts nats-server, Redis and etcd on loopback, and measures them in " +
      "one run. What is compared is measured in turn, after a warm-up. Milliseconds are of this machine; the ratios carry " +
      "over. p50 is the median, p99 what one in a hundred exceeds.",
      ...absent,
      `Measured on ${when}, commit ${commit}:`,
      about,
      READING,
      ...tables.map(tableOf),
      ...plots,
    ].join("\n\n")
  }\n`;
}

const READING = `## How to read them

- The floor of a lock on NATS is one compare-and-set publish, which the server stores in a file before it answers.
- A Redis that keeps its data in memory answers a single request sooner: nothing is stored. If it stops, its locks are
  gone, and two can hold one.
- redlock and redis-semaphore poll. Their hand-over takes as long as their pause between two tries, and each waiter sends
  requests all the time.
- The way of the Go package sends two requests for each step, and two of its candidates can win.`;
