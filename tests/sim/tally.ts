/**
 * The sum of the results of many runs.
 *
 * @module
 */

import { EDGES } from "./edges.ts";
import { FAULTS } from "./faults.ts";
import type { Outcome } from "./run.ts";

/** Counts by name. */
type Counts = Map<string, number>;

/** Sums over runs. It is plain data, so that workers can send it. */
export interface Tally {
  seeds: number;
  grants: number;
  steps: number;
  /** Number of writes that the protected resource refused because of their token. */
  refused: number;
  readonly faults: Counts;
  readonly edges: Counts;
  readonly broken: { readonly seed: number; readonly rule: string; readonly steps: number }[];
}

/** The tally of no runs. */
export function noTally(): Tally {
  return { seeds: 0, grants: 0, steps: 0, refused: 0, faults: new Map(), edges: new Map(), broken: [] };
}

/** Adds the outcome of one run. */
export function count(tally: Tally, outcome: Outcome): void {
  const { seed, broken, grants, steps, refused, faults, edges } = outcome;
  add(tally, {
    seeds: 1,
    grants,
    steps,
    refused,
    faults: new Map(faults),
    edges: new Map(edges),
    broken: broken === null ? [] : [{ seed, rule: broken, steps }],
  });
}

/** Adds another tally. */
export function add(tally: Tally, other: Tally): void {
  tally.seeds += other.seeds;
  tally.grants += other.grants;
  tally.steps += other.steps;
  tally.refused += other.refused;
  for (const [name, number] of other.faults) tally.faults.set(name, (tally.faults.get(name) ?? 0) + number);
  for (const [name, number] of other.edges) tally.edges.set(name, (tally.edges.get(name) ?? 0) + number);
  tally.broken.push(...other.broken);
}

/** Describes which faults and edges occurred, and which did not. */
export function coverageOf({ faults, edges }: Tally): string[] {
  const rarest = (counts: Counts) =>
    [...counts].sort(([, a], [, b]) => a - b).map(([name, number]) => `${name} ${number}`);
  const missing = FAULTS.filter((fault) => !faults.has(fault));
  const untaken = [...EDGES].filter((edge) => !edges.has(edge));
  const aboutFaults = [
    `faults, rarest first: ${rarest(faults).join(", ")}`,
    `faults never hit: ${missing.join(", ") || "none"}`,
  ];
  // Runs of lock managers count other things than edges of the lease's machine.
  if (untaken.length === EDGES.size) return [...aboutFaults, `seen, rarest first: ${rarest(edges).join(", ")}`];
  return [
    ...aboutFaults,
    `edges of the state machine, rarest first: ${rarest(edges).join(", ")}`,
    `edges never taken: ${untaken.join(", ") || "none"}`,
  ];
}
