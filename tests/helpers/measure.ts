/**
 * Measurements of real servers: times, messages, subscriptions and consumers.
 *
 * @module
 */

import type { NatsConnection } from "@nats-io/nats-core";
import { type Lease, Locker, type LockerOptions, type LockEvent } from "@x/natslock";
import type { NatsServer } from "../../tools/nats/server.ts";

/** Returns the smallest sample that at least `percent` percent of the samples do not exceed. */
export function percentile(samples: readonly number[], percent: number): number {
  const sorted = samples.toSorted((a, b) => a - b);
  const index = Math.ceil(percent / 100 * sorted.length) - 1;
  return sorted[Math.max(0, index)] ?? NaN;
}

/** p50 and p99 as text. */
export function summary(samples: readonly number[]): string {
  const [half, most] = [50, 99].map((percent) => percentile(samples, percent).toFixed(3));
  return `p50 ${half} ms, p99 ${most} ms of ${samples.length}`;
}

/** Returns how many milliseconds `work` takes. */
export async function timed(work: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await work();
  return performance.now() - start;
}

/** Number of messages sent so far on these connections. Subscriptions do not count. */
export function sent(...connections: readonly NatsConnection[]): number {
  return connections.reduce((sum, nc) => sum + nc.stats().outMsgs, 0);
}

/** Waits for a fixed time. Use it only if the time itself is under test, not to order events. */
export function elapse(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** Resolves when `holds` returns true. Rejects with `what` after `timeout` ms. */
export async function eventually(
  what: string,
  holds: () => boolean | Promise<boolean>,
  timeout = 10_000,
): Promise<void> {
  for (const start = performance.now(); !(await holds());) {
    if (performance.now() - start > timeout) throw new Error(`Timed out waiting for: ${what}`);
    await elapse(2);
  }
}

/** A candidate with its own connection. */
export interface Lone {
  readonly locker: Locker;
  readonly nc: NatsConnection;
  /** `outMsgs` of the connection at the start of the latest wait. */
  readonly waitingAt: () => number;
}

/** Creates a candidate whose waits can be observed. */
export function lone(nc: NatsConnection, options: LockerOptions): Lone {
  let at = -1;
  const onEvent = ({ type }: LockEvent) => {
    if (type === "waiting") at = nc.stats().outMsgs;
  };
  return { locker: new Locker({ ...options, onEvent }), nc, waitingAt: () => at };
}

/**
 * Starts to wait for a lock that another candidate holds. Resolves when the read that follows the start of the watch
 * has been answered. From then on, only a pushed change or the clock can end the wait. Resolves to a function that
 * returns the promise of the lease.
 */
export async function begunWait({ locker, nc, waitingAt }: Lone, signal?: AbortSignal): Promise<() => Promise<Lease>> {
  const { inMsgs, outMsgs } = nc.stats();
  const lease = locker.acquire(signal ? { signal } : {});
  lease.catch(() => {});
  const looked = () => {
    const stats = nc.stats();
    return waitingAt() > outMsgs && stats.outMsgs > waitingAt() && stats.inMsgs - inMsgs >= stats.outMsgs - outMsgs;
  };
  await eventually("the wait to begin", looked);
  return () => lease;
}

/** What clients hold open on a server. */
export interface Footprint {
  readonly subscriptions: number;
  readonly consumers: number;
}

/** Counts the subscriptions of all clients and the consumers of all streams. */
export async function footprint(server: NatsServer): Promise<Footprint> {
  const { connections } = await server.monitor("connz?subs=true&limit=10000") as {
    connections: { subscriptions: number }[];
  };
  const { account_details: accounts = [] } = await server.monitor(
    "jsz?consumers=true&streams=true&accounts=true",
  ) as { account_details?: { stream_detail?: { consumer_detail?: unknown[] }[] }[] };
  const streams = accounts.flatMap((account) => account.stream_detail ?? []);
  return {
    subscriptions: connections.reduce((sum, { subscriptions }) => sum + subscriptions, 0),
    consumers: streams.reduce((sum, { consumer_detail: consumers = [] }) => sum + consumers.length, 0),
  };
}
