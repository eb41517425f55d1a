/**
 * A process of the bench. Its argument is a task as JSON; it prints its results as lines of JSON.
 *
 * @module
 */

import process from "node:process";
import { elapse } from "../tests/helpers/measure.ts";
import type { Client, Connection, Peer } from "./peers/client.ts";
import type { Task } from "./parts/child.ts";
import { peerNamed } from "./peers/services.ts";

/** Number of requests at a time when many locks are taken. */
const BATCH = 100;

/** Pause after a request that failed, in ms. */
const AFTER_FAILURE = 100;

const tell = (about: object) => void Deno.stdout.writeSync(new TextEncoder().encode(`${JSON.stringify(about)}\n`));

async function lineOfInput(): Promise<void> {
  await Deno.stdin.read(new Uint8Array(1));
}

/** Looks at the memory, and the time between them in ms: renewals come in waves, and need memory while they last. */
const LOOKS = 5;
const BETWEEN_LOOKS = 700;

/** Bytes of the heap and of buffers after all garbage is collected: the least of some looks. */
async function memoryInUse(): Promise<number> {
  const { gc } = globalThis as typeof globalThis & { gc(): void };
  let least = Infinity;
  for (let left = LOOKS; left > 0; left--) {
    gc();
    const { heapUsed, external } = Deno.memoryUsage();
    least = Math.min(least, heapUsed + external);
    await elapse(BETWEEN_LOOKS);
  }
  return least;
}

/** Acquires and releases random keys until the time is over. Returns the number of pairs. */
async function pairs(
  connection: Connection,
  { keys, flights, length }: { keys: number; flights: number; length: number },
) {
  let [count, failed] = [0, 0];
  const clients = Array.from({ length: flights }, () => connection.client());
  await clients[0]?.acquire("first").then((held) => held.release());
  tell({ ready: 1 });
  await lineOfInput();
  const start = performance.now();
  const work = async (client: Client) => {
    while (performance.now() - start < length) {
      try {
        const held = await client.acquire(`key-${Math.floor(Math.random() * keys)}`);
        await held.release();
        count++;
      } catch {
        failed++;
        await elapse(AFTER_FAILURE);
      }
    }
  };
  // At the end of the time many still wait for a lock that polls; they do not count.
  await Promise.race([Promise.all(clients.map(work)), elapse(length + 2000)]);
  tell({ count, failed, ms: Math.min(length, performance.now() - start) });
}

/** Takes many locks, or waits for them, and reports memory and processor time of each. */
async function many(connection: Connection, task: { work: "hold" | "wait"; count: number; length: number }) {
  const before = await memoryInUse();
  const clients = Array.from({ length: task.count }, (_, at) => [connection.client(), `lock-${at}`] as const);
  const start = performance.now();
  if (task.work === "wait") { for (const [client, key] of clients) void client.acquire(key).catch(() => {}); }
  else {
    for (let from = 0; from < clients.length; from += BATCH) {
      await Promise.all(clients.slice(from, from + BATCH).map(([client, key]) => client.acquire(key)));
    }
  }
  const taking = performance.now() - start;
  await elapse(task.work === "wait" ? Math.max(3000, task.count / 2) : 500);
  const busy = process.cpuUsage();
  const from = performance.now();
  await elapse(task.length);
  const { user, system } = process.cpuUsage(busy);
  const seconds = (performance.now() - from) / 1000;
  tell({
    bytes: (await memoryInUse() - before) / task.count,
    cpu: (user + system) / 1000 / seconds,
    taking,
  });
  await lineOfInput();
}

/** Times of the first steps of a program. */
async function startUp(peer: Peer, ttl: number) {
  const begun = performance.now();
  const connection = await peer.connect(ttl);
  const connected = performance.now();
  await connection.client().acquire(`start-${crypto.randomUUID()}`);
  tell({ connect: connected - begun, acquire: performance.now() - connected });
}

async function main({ peer: name, addresses, ttl, order }: Task): Promise<void> {
  const peer = peerNamed(name, addresses);
  if (order.work === "start") return await startUp(peer, ttl);
  const connection = await peer.connect(ttl);
  if (order.work === "pairs") return await pairs(connection, order);
  if (order.work !== "keep") return await many(connection, order);
  await connection.client().acquire(order.key);
  tell({ held: 1 });
  await lineOfInput();
}

if (import.meta.main) {
  await main(JSON.parse(Deno.args[0] ?? "{}") as Task);
  Deno.exit(0);
}
