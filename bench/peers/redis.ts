/** The two libraries on Redis, with their default retry times. */

import { Redis } from "ioredis";
import { Mutex, Semaphore } from "redis-semaphore";
import Redlock from "redlock";
import type { Peer } from "./client.ts";

/** Waits for the lock as long as it takes. */
const FOR_EVER = { acquireTimeout: Infinity, acquireAttemptsLimit: Infinity };

/** `redlock` on one server. It polls, by default every 200 ms plus up to 100 ms. */
export function redlock(url: string): Peer {
  return {
    name: "redlock",
    waits: "poll",
    connect: async (ttl) => {
      const redis = await connected(url);
      const locks = new Redlock([redis], { retryCount: -1 });
      locks.on("error", () => {}); // It reports each refused try here.
      const acquireAll = async (keys: readonly string[]) => {
        let lock = await locks.acquire([...keys], ttl);
        return { refresh: async () => lock = await lock.extend(ttl), release: () => lock.release() };
      };
      return {
        client: () => ({ acquire: (key) => acquireAll([key]) }),
        acquireAll,
        [Symbol.asyncDispose]: () => disconnect(redis),
      };
    },
  };
}

/** `redis-semaphore` on one server. It polls, by default every 10 ms. */
export function redisSemaphore(url: string): Peer {
  return {
    name: "redis-semaphore",
    waits: "poll",
    connect: async (ttl) => {
      const redis = await connected(url);
      const options = { lockTimeout: ttl, ...FOR_EVER, onLockLost: () => {} };
      return {
        client: () => ({
          acquire: async (key) => {
            const mutex = new Mutex(redis, key, options);
            await mutex.acquire();
            return mutex;
          },
        }),
        acquireShared: async (key, limit) => {
          const semaphore = new Semaphore(redis, key, limit, options);
          await semaphore.acquire();
          return semaphore;
        },
        [Symbol.asyncDispose]: () => disconnect(redis),
      };
    },
  };
}

async function connected(url: string): Promise<Redis> {
  const redis = new Redis(url, { lazyConnect: true, maxRetriesPerRequest: null });
  redis.on("error", () => {}); // Requests that fail reject by themselves.
  await redis.connect();
  return redis;
}

// A polite quit would wait for requests that poll.
function disconnect(redis: Redis): Promise<void> {
  return new Promise((resolve) => {
    redis.once("end", resolve);
    redis.disconnect();
  });
}
