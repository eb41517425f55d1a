/**
 * The storms that only lock managers meet, and the disasters of their bucket.
 *
 * @module
 */

import { lockToken, ticketKey } from "../../../src/locks/names.ts";
import type { Fault } from "../faults.ts";
import { type Storms, stormsOf } from "../storms.ts";
import { SESSION_TTL } from "./climate.ts";
import type { LocksNode } from "./locks_node.ts";
import type { LocksRun } from "./locks_run.ts";

/** Longest time in ms that a close may take: the rest of the lease, requests without an answer, and pauses. */
const CLOSING = 2 * SESSION_TTL + 1000;

/** How long the marker of an eviction stays, in ms. */
const EVICTED = 3 * SESSION_TTL;

function close(run: LocksRun, node: LocksNode): void {
  const called = run.timeline.now;
  const { runtime } = node;
  runtime.deliver(() => {
    let closed = false;
    // A process that sleeps can be told twice.
    node.manager.close().then(() => closed = true);
    node.open();
    run.timeline.after(CLOSING, () => {
      if (!closed && runtime.runs && node.hampered < called) run.judge.blame(`Q5: ${node.name} does not close`);
    });
  });
}

/** An operator removes one ticket: its owner learns of that as of a theft. */
function evict({ judge: { truth }, chance, server, timeline }: LocksRun): void {
  const all = [...truth.names].flatMap((name) => truth.queue(name));
  if (all.length === 0) return;
  const placed = chance.pick(all);
  server.store.store.put(placed.key, "mark", EVICTED);
  placed.stolenAt = timeline.now;
}

/** Somebody stores a value that is no ticket. It blocks the queue until its session, which nobody has, is buried. */
async function intrude({ judge, chance, server, climate, weather }: LocksRun): Promise<void> {
  const { name } = chance.pick(climate.habits);
  const id = chance.uuid();
  const key = ticketKey(await lockToken(name), id, 0);
  if (weather.isCalm) return;
  server.store.store.put(key, "foreign", climate.maxHold);
  if (server.store.look(key).kind === "foreign") judge.deeds.foreign(name, key);
}

const LOCKS_STORMS: Storms<LocksRun, LocksNode> = {
  ...stormsOf<LocksNode>(),
  "locker closed": close,
  "foreign write": (run) => void intrude(run),
  "eviction": evict,
  "bucket deleted": ({ server, chance }) => server.deleteBucket(chance.between(1, SESSION_TTL)),
  "sequence rolled back": ({ server, chance }) => server.loseWrites(chance.between(1, 40)),
  "bucket re-created": ({ server }) => server.recreate(),
};

/** Starts a storm or a disaster. */
export function strikeLocks(run: LocksRun, fault: Fault, left: number): void {
  const node = run.chance.pick(run.nodes);
  if (!node.runtime.dead) LOCKS_STORMS[fault]?.(run, node, left);
}
