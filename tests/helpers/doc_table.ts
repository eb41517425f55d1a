/** A generated table in a document, between two comments that mark it. */

const ROOT = new URL("../../", import.meta.url);

/** Cells of one row. */
type Row = readonly string[];

/** Describes the table and its column heads. */
export interface TableSpec {
  /** Path of the document, from the root of the repository. */
  readonly page: string;
  /** Subject of the table. It is part of both marks. */
  readonly of: string;
  /** The command that writes the table. The first mark names it. */
  readonly command: string;
  readonly head: Row;
}

/** Reads the document of a table. */
export async function readPage({ page }: TableSpec): Promise<string> {
  return await Deno.readTextFile(new URL(page, ROOT));
}

/** Writes the document of a table. */
export async function writePage({ page }: TableSpec, text: string): Promise<void> {
  await Deno.writeTextFile(new URL(page, ROOT), text);
}

/** Returns the rows of the table in a document. */
export function rowsIn(text: string, spec: TableSpec): string[][] {
  return lines(text, spec).slice(2).map((line) => line.split("|").slice(1, -1).map((cell) => cell.trim()));
}

/** Returns the document with these rows, formatted as the formatter does. */
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
