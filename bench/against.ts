/** Compares two runs. */

import type { Figures, Row, Table } from "./figures.ts";
import { grid, rounded } from "./page.ts";

/** Changes of less than this are noise between two runs. */
const NOISE = 0.1;

/** The rows from the best to the worst. */
export function ranking({ rows, rising = false }: Table): string[] {
  const sign = rising ? -1 : 1;
  return rows.toSorted((a, b) => sign * (a.p50 - b.p50)).map(({ name }) => name);
}

/** Neighbours in a ranking that differ by less than the noise may change places. */
export function sameRanking(before: Table, after: Table): boolean {
  const value = (table: Table, name: string) => table.rows.find((row) => row.name === name)?.p50 ?? NaN;
  const order = ranking(before);
  const sign = before.rising ? -1 : 1;
  return order.every((better, at) =>
    order.slice(at + 1).every((worse) => {
      const [one, other] = [value(after, better), value(after, worse)];
      return sign * (one - other) <= NOISE * Math.max(Math.abs(one), Math.abs(other));
    })
  );
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
