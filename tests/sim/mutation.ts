/**
 * One rule turned off: an edit of one file of `src/`.
 *
 * @module
 */

/** One edit; `from` stands in the file once. */
export interface Mutation {
  /** Number of the rule in the design notes, or the row of the machine's table. */
  readonly rule: string;
  /** What is turned off. */
  readonly off: string;
  readonly file: string;
  readonly from: string;
  readonly to: string;
}

type Row = readonly [rule: string, off: string, from: string, to: string];

/** Edits of one file. */
export function edits(file: string, ...rows: readonly Row[]): Mutation[] {
  return rows.map(([rule, off, from, to]) => ({ rule, off, file, from, to }));
}
