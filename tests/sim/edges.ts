/**
 * Which edges of the lease's machine a run takes.
 *
 * @module
 */

import type { LoggedStep } from "./node.ts";

/** Counts edges: from where, by which event, to where. */
export class Edges {
  readonly counts = new Map<string, number>();

  count({ before, event, after }: LoggedStep): void {
    const edge = `${before.at} -- ${event.on} --> ${after.at}`;
    this.counts.set(edge, (this.counts.get(edge) ?? 0) + 1);
  }
}
