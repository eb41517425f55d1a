/**
 * Traffic at rest: those that hold and those that wait send only what keeps them (Q7).
 *
 * @module
 */

import { SESSION_TTL } from "./climate.ts";
import type { LocksNode } from "./locks_node.ts";
import type { LocksRun } from "./locks_run.ts";

/** How long everything may take to come to rest, and how long it is watched, in ms. */
const SETTLING = 1.5 * SESSION_TTL;
const WATCHED = 2 * SESSION_TTL;

/**
 * Messages of a process for each lease length: renewals and the look at its own tickets. For each name that it waits
 * for, a look, of which two may be answered by replicas that are behind. For each session that it waits for, two
 * burials that are refused and two reads, if nothing is pushed.
 */
const KEEPING = 3.3 + 1.4;
const LOOKING = 1.4 * 3;
const WATCHING = 4;

/** Messages that are under way at both ends of the time. */
const ENDS = 4;

/** Lets a run come to rest, and counts the messages of its processes for a while. */
export async function rest(run: LocksRun, pass: (ms: number) => Promise<void>): Promise<void> {
  await pass(SETTLING);
  const { nodes, climate: { shares, maxHold }, judge } = run;
  // Waits that end by time-outs, and tickets that run out, make others hold.
  const isQuiet = shares.timeout === 0 && shares.several === 0 && maxHold > SETTLING + WATCHED + run.timeline.now;
  const before = new Map(nodes.map((node) => [node, node.sent]));
  await pass(WATCHED);
  if (!isQuiet) return;
  for (const [node, sent] of before) {
    const count = node.sent - sent;
    if (count > most(node, run)) judge.blame(`Q7: ${node.name} sends ${count} messages at rest`);
  }
}

function most({ asks }: LocksNode, { nodes }: LocksRun): number {
  const names = new Set([...asks].filter(({ waits }) => waits).flatMap(({ wish }) => wish.names));
  const sessions = names.size === 0 ? 0 : nodes.length - 1;
  return WATCHED / SESSION_TTL * (KEEPING + names.size * LOOKING + sessions * WATCHING) + ENDS;
}
