/** Lays out text in columns that fit the terminal. */

import widthOf from "fast-string-width";
import process from "node:process";
import { isatty } from "node:tty";

/** One row of a table: the text of each column. */
export type Row = readonly string[];

/** How to lay out a table. */
export interface Layout {
  /** Width to fit into. Default: that of the terminal; unlimited if standard output is no terminal. */
  readonly width?: number;
  /** Columns whose texts are shortened if the table does not fit. The texts of column 0 stay distinct. */
  readonly flexible?: readonly number[];
}

/** Stands for the part that was left out. It cannot be in a key. */
const GAP = "…";
const BETWEEN = "  ";

/** A flexible column is not made narrower than this. */
const NARROWEST = 6;

/** Returns the width of the terminal; `Infinity` if standard output is no terminal, because a pipe needs whole texts. */
export function terminalWidth(): number {
  const { columns } = process.stdout;
  return isatty(1) && columns > 0 ? columns : Infinity;
}

/** Shortens a text to a width by leaving out its middle: keys and names differ at their ends. */
export function shortened(text: string, width: number): string {
  if (widthOf(text) <= width) return text;
  const characters = [...text];
  const head = characters.slice(0, Math.ceil((width - 1) / 2));
  const tail = characters.slice(characters.length - Math.floor((width - 1) / 2));
  const join = () => `${head.join("")}${GAP}${tail.join("")}`;
  // Some characters are two columns wide.
  while (widthOf(join()) > width && head.length + tail.length > 0) {
    head.length > tail.length ? head.pop() : tail.shift();
  }
  return join();
}

/**
 * Shortens texts so that each shortened text stands for one text only. If a shortened text already stands for another
 * text, the text is returned whole.
 */
export class Shortener {
  readonly #taken = new Map<string, string>();

  /** Returns the shortened text, or the whole text. */
  shorten(text: string, width: number): string {
    const short = shortened(text, width);
    if ((this.#taken.get(short) ?? text) !== text) return text;
    this.#taken.set(short, text);
    return short;
  }
}

/** Returns how wide each column may be: the flexible ones share what the others leave. */
export function widthsOf(rows: readonly Row[], { width = terminalWidth(), flexible = [] }: Layout = {}): number[] {
  const widths = (rows[0] ?? []).map((_, at) => Math.max(...rows.map((row) => widthOf(row[at] ?? ""))));
  const gaps = BETWEEN.length * (widths.length - 1);
  for (let over = sum(widths) + gaps - width; over > 0; over--) {
    const widest = Math.max(...flexible.map((at) => widths[at] ?? 0));
    if (widest <= NARROWEST) break;
    widths[flexible.findLast((at) => widths[at] === widest) ?? 0] = widest - 1;
  }
  return widths;
}

const sum = (numbers: readonly number[]): number => numbers.reduce((all, one) => all + one, 0);

/**
 * Formats one row. After a text that is wider than its column, the row goes on below it, so that it fits a terminal.
 * Elsewhere one row is one line.
 */
export function lineOf(row: Row, widths: readonly number[], width: number = terminalWidth()): string {
  let line = "";
  let at = 0;
  for (const [column, text] of row.entries()) {
    if (column > 0) line += BETWEEN;
    line += text;
    at += widths[column] ?? 0;
    const isLast = row.slice(column + 1).every((rest) => rest === "");
    if (isLast) break;
    const used = widthOf(line.slice(line.lastIndexOf("\n") + 1));
    if (used <= at) line += " ".repeat(at - used);
    else if (width < Infinity) line += `\n${" ".repeat(at)}`;
    at += BETWEEN.length;
  }
  return line;
}

/** Formats rows as aligned columns, like `kubectl`. The first row is the head; `paint` colours a cell. */
export function tableOf(
  rows: readonly Row[],
  layout: Layout = {},
  paint: (text: string, row: number, column: number) => string = (text) => text,
): string {
  const { flexible = [] } = layout;
  const widths = widthsOf(rows, layout);
  const keys = new Shortener();
  const cell = (text: string, column: number) => {
    if (!flexible.includes(column)) return text;
    return column === 0 ? keys.shorten(text, widths[0] ?? 0) : shortened(text, widths[column] ?? 0);
  };
  const painted = rows.map((row, at) => row.map((text, column) => paint(cell(text, column), at, column)));
  return painted.map((row) => lineOf(row, widths, layout.width)).join("\n");
}
