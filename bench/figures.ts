/** What a run of the bench gives: tables and curves, as they are kept in JSON. */

/** One row of a table. */
export interface Row {
  readonly name: string;
  readonly p50: number;
  /** Absent if the row is one number. */
  readonly p99?: number;
  /** Number of samples. */
  readonly samples: number;
}

/** Rows that compare with each other. */
export interface Table {
  /** Stable, for comparisons between commits. */
  readonly id: string;
  readonly title: string;
  /** What the numbers are, such as "ms" or "pairs/s". */
  readonly unit: string;
  /** Name of the row to which the others are given as ratios. */
  readonly base?: string;
  /** If true, more is better. */
  readonly rising?: boolean;
  /** Sentences below the table. */
  readonly notes?: readonly string[];
  readonly rows: readonly Row[];
}

/** One line of a plot: points of x and y. */
export interface Series {
  readonly name: string;
  readonly points: readonly (readonly [number, number])[];
}

/** A plot with two logarithmic axes. */
export interface Curve {
  readonly id: string;
  readonly title: string;
  readonly x: string;
  readonly y: string;
  readonly series: readonly Series[];
}

/** What one part of the bench measured. */
export interface Measured {
  readonly tables: readonly Table[];
  readonly curves?: readonly Curve[];
}

/** A whole run. */
export interface Figures {
  readonly when: string;
  readonly commit: string;
  readonly machine: readonly (readonly [string, string])[];
  /** Servers that could not be had, with the reasons. */
  readonly missing: readonly string[];
  readonly tables: readonly Table[];
  readonly curves: readonly Curve[];
}
