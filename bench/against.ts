/** Compares two runs. */

import type { Figures, Row, Table } from "./figures.ts";
import { grid, rounded } from "./page.ts";

/** Changes of less than this are noise between two runs. */
const NOISE = 0.1;

/** True if no two rows that are apart by more than the noise in both runs have changed places. */
export function sameRanking(before: Table, after: Table): boolean {
  const names = before.rows.map(({ name }) => name);
  const turned = (one: string, other: string) => order(before, one, other) * order(after, one, other) < 0;
  return !names.some((one) => names.some((other) => turned(one, other)));
}

/** Which of two rows has the lower value: -1 or 1; 0 if they differ by less than the noise, or one is missing. */
function order({ rows }: Table, ...names: [one: string, other: string]): number {
  const [one = NaN, other = NaN] = names.map((name) => rows.find((row) => row.name === name)?.p50);
  return Math.abs(one - other) > NOISE * Math.max(Math.abs(one), Math.abs(other)) ? Math.sign(one - other) : 0;
}

function relative(row: Row, { base, rows }: Table): number {
  const floor = rows.find(({ name }) => name === base);
  return floor === undefined ? row.p50 : row.p50 / floor.p50;
}

/** Lines for a terminal: each row that changed, and each table whose ranking did. */
export function changes(before: Figures, after: Figures): string {
  const lines: string[][] = [["figure", "row", `${before.commit}`, `${after.commit}`, "change"]];
  const turned: string[] = [];
  for (const table of after.tables) {
    const old = before.tables.find(({ id }) => id === table.id);
    if (old === undefined) continue;
    if (!sameRanking(old, table)) turned.push(`The ranking changed: ${table.title}`);
    for (const row of table.rows) {
      const known = old.rows.find(({ name }) => name === row.name);
      if (known === undefined) continue;
      const [was, is] = [relative(known, old), relative(row, table)];
      const change = is / was - 1;
      if (!(Math.abs(change) >= NOISE)) continue;
      lines.push([
        table.id,
        row.name,
        rounded(was),
        rounded(is),
        `${change > 0 ? "+" : ""}${(100 * change).toFixed(0)} %`,
      ]);
    }
  }
  const unchanged = `No row changed by ${100 * NOISE} % or more.`;
  return [lines.length === 1 ? unchanged : grid(lines), ...turned].join("\n");
}

/** An earlier run in which the tables and curves of a later one replace those with the same IDs. */
export function merged(earlier: Figures | null, later: Figures): Figures {
  if (earlier === null) return later;
  const replaced = <Part extends { readonly id: string }>(old: readonly Part[], fresh: readonly Part[]) => [
    ...old.map((part) => fresh.find(({ id }) => id === part.id) ?? part),
    ...fresh.filter(({ id }) => !old.some((part) => part.id === id)),
  ];
  const tables = replaced(earlier.tables, later.tables);
  return { ...later, tables, curves: replaced(earlier.curves, later.curves) };
}
