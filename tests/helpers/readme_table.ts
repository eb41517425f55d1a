/** A table in a document that is written by what ran, between two marks. */

/** Cells of one row. */
type Row = readonly string[];

/** Where the table is, and its heads. */
export interface TableSpec {
  /** What it is a table of: names the marks. */
  readonly of: string;
  /** The command that writes it, named in the first mark. */
  readonly command: string;
  readonly head: Row;
}

/** The rows that a document shows. */
export function rowsIn(text: string, spec: TableSpec): string[][] {
  return lines(text, spec).slice(2).map((line) => line.split("|").slice(1, -1).map((cell) => cell.trim()));
}

/** The document with these rows instead, as the formatter would have them. */
export function withRows(text: string, spec: TableSpec, rows: readonly Row[]): string {
  const { head } = spec;
  const { begin, end } = marksOf(spec);
  if (lines(text, spec).length === 0) throw new Error(`Cannot write the table: the document has no "${begin}"`);
  const widths = head.map((_, column) => Math.max(...[head, ...rows].map((row) => row[column]?.length ?? 0)));
  const line = (row: Row) => `| ${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(" | ")} |`;
  const rule = line(widths.map((width) => "-".repeat(width)));
  const [before = "", after = ""] = [text.split(begin)[0], text.split(end)[1]];
  return `${before}${begin}\n\n${[line(head), rule, ...rows.map(line)].join("\n")}\n\n${end}${after}`;
}

function marksOf({ of, command }: TableSpec): { readonly begin: string; readonly end: string } {
  return { begin: `<!-- The table of ${of}: ${command} -->`, end: `<!-- End of the table of ${of} -->` };
}

function lines(text: string, spec: TableSpec): string[] {
  const { begin, end } = marksOf(spec);
  return (text.split(begin)[1]?.split(end)[0] ?? "").split("\n").filter((line) => line.startsWith("|"));
}
