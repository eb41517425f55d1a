/**
 * A mutation: an edit of one file of `src/` that turns one rule off.
 *
 * @module
 */

import type { RunOptions } from "./run.ts";

/** One edit. `from` occurs exactly once in the file. */
export interface Mutation {
  /** Number of the rule (L1 to L12), of the invariant, or the row of the state machine. */
  readonly rule: string;
  /** Description of what is turned off. It is the key of the row in MUTATIONS.md. */
  readonly off: string;
  readonly file: string;
  readonly from: string;
  readonly to: string;
  /** True for a file of the NATS adapter, which runs only on the simulated JetStream. */
  readonly wire: boolean;
  /** True for a rule of many locks, which only lock managers follow. */
  readonly locks: boolean;
}

/** Rule of what lock managers do after the servers lost writes. */
export const LOST_WRITES = "lost writes";

/** Returns the world in which the rule of a mutation matters. */
export function worldOf({ wire, locks, rule }: Mutation): RunOptions {
  if (!locks) return { wire };
  return rule === LOST_WRITES ? { locks, small: true, lostWrites: true, wire: false } : { locks, wire: false };
}

/** Files that run only on the simulated JetStream: the adapter and the wire format. */
const WIRE_FILES = /^nats\/|^store\/record/;

type Row = readonly [rule: string, off: string, from: string, to: string];

/** Creates the edits of one file. */
export function edits(file: string, ...rows: readonly Row[]): Mutation[] {
  return rows.map(([rule, off, from, to]) => ({
    rule,
    off,
    file,
    from,
    to,
    wire: WIRE_FILES.test(file),
    locks: file.startsWith("locks/"),
  }));
}
