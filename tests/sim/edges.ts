/**
 * Counts the edges of the state machine that a run takes.
 *
 * @module
 */

import type { LoggedStep } from "./node.ts";

/** Every edge of the machine: the phase, the events that can occur in it, and the phases that may follow. */
const TABLE: Readonly<Record<string, Readonly<Record<string, readonly string[]>>>> = {
  held: {
    applied: ["held", "idle"],
    check: ["held", "idle"],
    conflict: ["held", "idle"],
    failed: ["held", "idle", "leaving"],
    leave: ["leaving"],
    renew: ["held", "idle"],
    retry: ["held", "idle"],
    seen: ["held", "idle", "leaving"],
    tick: ["idle"],
    unknown: ["held", "idle"],
  },
  idle: {
    applied: ["idle"],
    check: ["idle"],
    conflict: ["idle"],
    failed: ["idle"],
    hint: ["idle"],
    leave: ["leaving"],
    retry: ["idle"],
    seen: ["idle"],
    start: ["idle", "seeking"],
    unknown: ["idle"],
  },
  leaving: {
    applied: ["idle", "leaving"],
    conflict: ["idle", "leaving"],
    failed: ["idle", "leaving"],
    hint: ["leaving"],
    retry: ["leaving"],
    seen: ["idle", "leaving"],
    unknown: ["idle", "leaving"],
  },
  seeking: {
    applied: ["held", "leaving"],
    conflict: ["seeking"],
    failed: ["idle", "leaving", "seeking"],
    hint: ["seeking"],
    leave: ["idle", "leaving"],
    retry: ["seeking"],
    seen: ["held", "idle", "leaving", "seeking"],
    unknown: ["seeking"],
  },
};

const nameOf = (before: string, event: string, after: string) => `${before} -- ${event} --> ${after}`;

/** The names of all edges, as {@linkcode Edges} counts them. */
export const EDGES: ReadonlySet<string> = new Set(
  Object.entries(TABLE).flatMap(([before, events]) =>
    Object.entries(events).flatMap(([event, phases]) => phases.map((after) => nameOf(before, event, after)))
  ),
);

/** Counts edges by phase, event and next phase. */
export class Edges {
  readonly counts = new Map<string, number>();

  count({ before, event, after }: LoggedStep): void {
    const edge = nameOf(before.at, event.on, after.at);
    this.counts.set(edge, (this.counts.get(edge) ?? 0) + 1);
  }
}
