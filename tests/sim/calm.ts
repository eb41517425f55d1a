/**
 * The end of the faults, and what must work again after it.
 *
 * @module
 */

import type { Run } from "./run.ts";
import { KEY, TTL } from "./server.ts";

/**
 * When faults stop, a candidate must be granted the lock within this time (V2): the old record expires, possibly late,
 * and the next read finds the key vacant.
 */
const RECOVERY = 3 * TTL;

/**
 * Time in ms until a waiting candidate is granted a free lock after its connection came back: a request that was lost
 * before, a pause, and a try. Its own clock would tell it only after a lease.
 */
const RECONNECTED = 1200;

/** How long a client may take to notice that its consumer is lost, and to create another one, in ms. */
const CONSUMER_LOST = 3.5 * TTL;

/** How long the creation of a consumer may take, in ms. */
const CONSUMER_CREATED = 1000;

/** Ends all faults. From now on candidates must be granted in time. */
export function endFaults(run: Run, isWire: boolean): void {
  const { weather, server, nodes, oracle } = run;
  weather.calm(run.timeline.now);
  server.heal();
  let isTold = false;
  for (const node of [...nodes]) {
    const { waiting, runtime, link } = node;
    const learnsOfIt = link.heal();
    if (learnsOfIt && waiting && runtime.runs) isTold = true;
    runtime.throttle(0);
    if (link.closed) run.start(node);
  }
  run.note("world", () => "faults end");
  if (oracle.broken !== null) return;
  oracle.expectGrant(RECOVERY);
  if (isWire && isTold && server.store.look(KEY).kind === "vacant") oracle.expectGrant(RECONNECTED);
}

/** How long nothing is pushed in the drill, and how soon a waiting candidate reads the key after it, in ms. */
const DRILL = 600;
const AFTER_DRILL = 300;

/**
 * Pushes are lost for a while, and then all connections come back. A candidate that waits must read the key then: it
 * does not know what it missed.
 */
export async function drillReconnect(
  { nodes, server, oracle }: Run,
  pass: (ms: number) => Promise<void>,
): Promise<void> {
  server.losesPushes = true;
  for (const { link } of nodes) link.cut("pushes cut", DRILL);
  await pass(DRILL);
  const waiting = nodes.filter((node) => node.waiting && !node.mixed && node.runtime.prompt && !node.link.isAsking);
  const before = new Map(waiting.map((node) => [node, node.requests]));
  for (const { link } of nodes) link.heal();
  server.losesPushes = false;
  await pass(AFTER_DRILL);
  for (const [node, requests] of before) {
    if (node.waiting && node.requests === requests) {
      oracle.blame(`V1: ${node.name} waits and does not read the key after a reconnect`);
    }
  }
}

/** Each watch has a consumer again, once clients had the time to miss the heartbeats of a lost one. */
export async function expectConsumers({ nodes, oracle }: Run, pass: (ms: number) => Promise<void>): Promise<void> {
  await pass(CONSUMER_LOST);
  const unfed = new Map(nodes.map((node) => [node, node.link.access.unfed]));
  await pass(CONSUMER_CREATED);
  for (const [{ name, link, runtime }, before] of unfed) {
    const still = link.access.unfed.filter((inbox) => before.includes(inbox));
    if (runtime.runs && still.length > 0) oracle.blame(`V1: ${name} watches without a consumer`);
  }
}
