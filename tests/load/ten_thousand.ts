/**
 * Holds many leases in one process. To run it by hand: `deno run -A tests/load/ten_thousand.ts [leases] [ttl in
 * ms]`.
 *
 * @module
 */

import type { NatsConnection } from "@nats-io/nats-core";
import { type Lease, Locker, type LockEvent, newKeyValue } from "@x/natslock";
import { elapse, sent } from "../helpers/measure.ts";
import { withServer } from "../helpers/nats.ts";

/** Number of leases, the lease length in milliseconds, and for how many lease lengths to hold them. */
export interface Crowd {
  readonly leases: number;
  readonly ttl: number;
  readonly lengths: number;
}

/** Results of a run. */
export interface CrowdFigures {
  /** Number of leases that were granted. */
  readonly granted: number;
  /** Number of leases that are held at the end. */
  readonly held: number;
  /** Number of events that report problems, by type. */
  readonly trouble: Readonly<Record<string, number>>;
  /** Number of confirmed renewals. */
  readonly renewed: number;
  /** Shortest time that was left of a lease when its renewal was confirmed, in milliseconds. */
  readonly closest: number;
  /** Messages per second while the leases were held. */
  readonly messagesPerSecond: number;
  /** Milliseconds to acquire all. */
  readonly acquiring: number;
  /** Milliseconds to release all. */
  readonly releasing: number;
  /** Bytes per lease. */
  readonly rss: number;
  readonly heap: number;
}

/** Number of leases to acquire or release at the same time. */
const BATCH = 200;

const TROUBLE: ReadonlySet<string> = new Set(["renewal_failed", "at_risk", "lost", "release_failed"]);

/** Acquires, holds and releases the leases. */
export async function holdMany(nc: NatsConnection, { leases: count, ttl, lengths }: Crowd): Promise<CrowdFigures> {
  const kv = await newKeyValue(nc, "crowd", ttl);
  const trouble: Record<string, number> = {};
  let [renewed, closest] = [0, Infinity];
  const ends = new Map<string, number>();
  const onEvent = (event: LockEvent) => {
    if (TROUBLE.has(event.type)) trouble[event.type] = (trouble[event.type] ?? 0) + 1;
    if (event.type !== "renewed") return;
    renewed++;
    const now = performance.now();
    closest = Math.min(closest, (ends.get(event.key) ?? Infinity) - now);
    ends.set(event.key, now + event.remaining);
  };
  const before = Deno.memoryUsage();
  const lockers = Array.from({ length: count }, (_, index) => new Locker({ kv, key: `key-${index}`, onEvent }));
  const leases: Lease[] = [];
  const acquiring = await inBatches(lockers, async (locker) => void leases.push(await locker.acquire()));
  const [messages, start] = [sent(nc), performance.now()];
  await elapse(lengths * ttl);
  const messagesPerSecond = (sent(nc) - messages) / ((performance.now() - start) / 1000);
  const after = Deno.memoryUsage();
  const held = leases.filter((lease) => lease.held).length;
  const releasing = await inBatches(lockers, (locker) => locker.close());
  const rss = (after.rss - before.rss) / count;
  const heap = (after.heapUsed - before.heapUsed) / count;
  return {
    granted: leases.length,
    held,
    trouble,
    renewed,
    closest,
    messagesPerSecond,
    acquiring,
    releasing,
    rss,
    heap,
  };
}

async function inBatches<T>(all: readonly T[], work: (each: T) => Promise<void>): Promise<number> {
  const start = performance.now();
  for (let from = 0; from < all.length; from += BATCH) await Promise.all(all.slice(from, from + BATCH).map(work));
  return performance.now() - start;
}

if (import.meta.main) {
  const [leases = 10_000, ttl = 15_000] = Deno.args.map(Number);
  await withServer(async ({ nc }) => {
    const figures = await holdMany(nc, { leases, ttl, lengths: 3 });
    // deno-lint-ignore no-console
    console.log(figures);
  });
}
