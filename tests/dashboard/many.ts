/** Holds a thousand locks that renew, and measures how smoothly a page shows them. */

import { wsconnect } from "@nats-io/nats-core";
import { Locker, newKeyValue } from "@x/natslock";
import { percentile } from "../helpers/measure.ts";
import type { Stage } from "./stage.ts";

/** How many locks are acquired at once. */
const BATCH = 100;

/** Acquires locks of bucket "locks" and holds them until the result is disposed of. */
export async function holdLocks(servers: string, count: number, ttl: number): Promise<AsyncDisposable> {
  const nc = await wsconnect({ servers });
  const kv = await newKeyValue(nc, "locks", ttl);
  const lockers = Array.from({ length: count }, (_, index) => {
    const key = `shard.${String(index).padStart(4, "0")}`;
    return new Locker({ kv, key, name: `worker-${index % 8}`, meta: { runtime: "deno", host: `node-${index % 5}` } });
  });
  for (let from = 0; from < count; from += BATCH) {
    await Promise.all(lockers.slice(from, from + BATCH).map((locker) => locker.acquire()));
  }
  return {
    [Symbol.asyncDispose]: async () => {
      await Promise.all(lockers.map((locker) => locker.close()));
      await nc.close();
    },
  };
}

/** Statistics of the frames. Times are milliseconds. */
export interface Frames {
  readonly perSecond: number;
  readonly median: number;
  readonly p95: number;
  readonly longest: number;
}

/** Measures the time between frames for a while, half of it scrolling through the list. */
export async function measureFrames({ page }: Stage, ms: number): Promise<Frames> {
  const gaps = await page.evaluate<number[]>(`new Promise((resolve) => {
    const gaps = [];
    const start = performance.now();
    let last = start;
    const frame = (now) => {
      gaps.push(now - last);
      last = now;
      if (now - start > ${ms / 2}) scrollBy(0, 40);
      now - start < ${ms} ? requestAnimationFrame(frame) : resolve(gaps.slice(1));
    };
    requestAnimationFrame(frame);
  })`);
  const total = gaps.reduce((sum, gap) => sum + gap, 0);
  return {
    perSecond: gaps.length / total * 1000,
    median: percentile(gaps, 50),
    p95: percentile(gaps, 95),
    longest: Math.max(...gaps),
  };
}
