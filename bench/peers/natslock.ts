/** natslock itself: a Locker for each candidate, or one LockManager for each connection. */

import { type NatsConnection, wsconnect } from "@nats-io/nats-core";
import { connect as connectTcp } from "@nats-io/transport-node";
import { Locker, LockManager, newKeyValue } from "@x/natslock";
import { webSocketOf } from "@x/natslock/internal";
import type { Peer } from "./client.ts";

/** The bucket of all Lockers, and that of all lock managers. */
export const BUCKETS = { locker: "bench", manager: "bench-queues" } as const;

/** How many copies a bucket has, and where they are kept. */
export interface BucketShape {
  readonly replicas?: 1 | 3;
  readonly storage?: "file" | "memory";
}

/** Connects, by default over a websocket. */
export type Connect = () => Promise<NatsConnection>;

/** Candidates that are Lockers of one bucket. */
export function lockers(connect: Connect, shape: BucketShape = {}): Peer {
  return {
    name: "Locker",
    waits: "push",
    connect: async (ttl) => {
      const nc = await connect();
      // A bucket keeps the lease length that it was created with.
      const kv = await newKeyValue(nc, `${BUCKETS.locker}-${ttl}`, ttl, shape);
      const open = new Set<Locker>();
      return {
        client: () => {
          const known = new Map<string, Locker>();
          const lockerOf = (key: string) => {
            const locker = known.get(key) ?? new Locker({ kv, key });
            known.set(key, locker);
            open.add(locker);
            return locker;
          };
          return {
            acquire: async (key) => {
              const locker = lockerOf(key);
              const lease = await locker.acquire();
              return { refresh: () => locker.acquireLead(), release: () => lease.release() };
            },
          };
        },
        [Symbol.asyncDispose]: async () => {
          await Promise.all([...open].map((locker) => locker.close()));
          await nc.close();
        },
      };
    },
  };
}

/** Candidates that share one LockManager per connection. */
export function managers(connect: Connect, shape: BucketShape = {}): Peer {
  return {
    name: "LockManager",
    waits: "push",
    connect: async (ttl) => {
      const nc = await connect();
      const locks = await LockManager.open({ nc, bucket: BUCKETS.manager, ttl, ...shape });
      return {
        client: () => ({ acquire: (key) => locks.acquire(key) }),
        acquireShared: (key, limit) => locks.acquire(key, { mode: "shared", limit }),
        acquireAll: (keys) => locks.acquire([...keys]).then((held) => ({ release: () => releaseAll(held) })),
        [Symbol.asyncDispose]: async () => {
          await locks.close();
          await nc.close();
        },
      };
    },
  };
}

async function releaseAll(held: readonly { release(): Promise<void> }[]): Promise<void> {
  await Promise.all(held.map((lock) => lock.release()));
}

/** Connects over a websocket, as `open()` does. */
export function overWebsocket(url: string): Connect {
  return () => wsconnect({ servers: url, wsFactory: webSocketOf, noAsyncTraces: true });
}

/** Connects over TCP, with the settings of `open()`. */
export function overTcp(address: string): Connect {
  return async () => await connectTcp({ servers: address, noAsyncTraces: true }) as unknown as NatsConnection;
}
