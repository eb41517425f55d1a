/**
 * Holds many locks by name in one process: `deno run -A tests/load/ten_thousand_locks.ts [locks] [seconds]`. Exits with
 * 1 if a lock is lost or if it sends more messages than it should.
 *
 * @module
 */

import type { NatsConnection } from "@nats-io/nats-core";
import { type Lock, LockManager } from "@x/natslock";
import { liveHeap } from "../helpers/heap.ts";
import { elapse, sent } from "../helpers/measure.ts";
import { withServer } from "../helpers/nats.ts";

/** Lease length of the session in ms. */
const TTL = 15_000;
/** Number of locks to acquire or release at the same time. */
const BATCH = 200;
/** The most messages per third of a lease, on average. */
const MOST_MESSAGES = 10;

/** Results of a run. Times are in milliseconds, memory in bytes. */
export interface HeldFigures {
  readonly locks: number;
  /** Number of locks that are held at the end, and whose signals aborted before. */
  readonly held: number;
  readonly ended: number;
  /** Messages per third of a lease: on average, and in the third with the most. */
  readonly messages: number;
  readonly mostMessages: number;
  readonly acquiring: number;
  readonly releasing: number;
  /** Memory per lock. */
  readonly heap: number;
  readonly rss: number;
}

/** Acquires locks, holds them for a while and releases them. */
export async function holdLocks(nc: NatsConnection, count: number, duration: number): Promise<HeldFigures> {
  await using manager = await LockManager.open({ nc, bucket: "held", ttl: TTL });
  await manager.request("first", () => {});
  const before = memory();
  const locks: Lock[] = [];
  const names = Array.from({ length: count }, (_, index) => `lock ${index}`);
  const acquiring = await inBatches(names, async (name) => void locks.push(await manager.acquire(name)));
  const thirds: number[] = [];
  for (const start = performance.now(); performance.now() - start < duration;) {
    const messages = sent(nc);
    await elapse(TTL / 3);
    thirds.push(sent(nc) - messages);
  }
  const after = memory();
  const held = locks.filter((lock) => lock.held).length;
  const ended = locks.filter(({ signal }) => signal.aborted).length;
  const releasing = await inBatches(locks, (lock) => lock.release());
  const messages = thirds.reduce((sum, each) => sum + each, 0) / thirds.length;
  const [heap, rss] = [(after.heap - before.heap) / count, (after.rss - before.rss) / count];
  return {
    locks: locks.length,
    ...{ held, ended, messages, mostMessages: Math.max(...thirds), acquiring, releasing, heap, rss },
  };
}

/** Memory in use: referenced bytes on the heap, and all of the process. */
function memory(): { readonly heap: number; readonly rss: number } {
  return { heap: liveHeap(), rss: Deno.memoryUsage().rss };
}

async function inBatches<T>(all: readonly T[], work: (each: T) => Promise<void>): Promise<number> {
  const start = performance.now();
  for (let from = 0; from < all.length; from += BATCH) await Promise.all(all.slice(from, from + BATCH).map(work));
  return performance.now() - start;
}

if (import.meta.main) {
  const [count = 10_000, seconds = 60] = Deno.args.map(Number);
  let isGood = false;
  await withServer(async ({ nc }) => {
    const figures = await holdLocks(nc, count, seconds * 1000);
    // deno-lint-ignore no-console
    console.log(figures);
    isGood = figures.held === count && figures.ended === 0 && figures.messages <= MOST_MESSAGES;
  });
  Deno.exit(isGood ? 0 : 1);
}
