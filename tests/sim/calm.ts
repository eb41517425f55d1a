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
  weather.calm();
  server.heal();
  let isTold = false;
  for (const node of [...nodes]) {
    const { waiting, runtime, link } = node;
    isTold = link.heal() && waiting && runtime.runs || isTold;
    runtime.throttle(0);
    if (link.closed) run.start(node);
  }
  run.note("world", () => "faults end");
  if (oracle.broken !== null) return;
  oracle.expectGrant(RECOVERY);
  if (isWire && isTold && server.store.look(KEY).kind === "vacant") oracle.expectGrant(RECONNECTED);
}

/** How long nothing is pushed in the drill, and the longest wait after it, in ms. */
const DRILL = 600;
const AFTER_DRILL = 400;

/**
 * Pushes are lost for a while, and then all connections come back: a candidate that waits must learn from that what it
 * missed.
 */
export async function drillReconnect(
  { nodes, server, oracle }: Run,
  pass: (ms: number) => Promise<void>,
): Promise<void> {
  server.losesPushes = true;
  for (const { link } of nodes) link.cut("pushes cut", DRILL);
  await pass(DRILL);
  for (const { link } of nodes) link.heal();
  server.losesPushes = false;
  const isAwaited = nodes.some(({ waiting, runtime, link }) => waiting && runtime.prompt && !link.isAsking);
  if (isAwaited && server.store.look(KEY).kind === "vacant") oracle.expectGrant(AFTER_DRILL);
  await pass(AFTER_DRILL);
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
