// deno-lint-ignore-file no-console
/**
 * A critical section: several instances read a counter, work for a while, and write it.
 *
 * @module
 */

import { type KV, Kvm } from "@nats-io/kv";
import { wsconnect } from "@nats-io/nats-core";
import { AcquireTimeoutError, type Lease, Locker, type LockEvent } from "@x/natslock";

const HELP = `Increments a counter in a critical section. No count is lost, however many instances run at once.

Usage: deno run -A examples/mutex.ts [--help]

Odd rounds use locker.run(), even ones "await using lease = await locker.acquire()".

NATS_URL    websocket address of NATS (ws://127.0.0.1:8080)
BUCKET      key-value bucket of the lock, created if it does not exist (locks)
COUNTER     key-value bucket of the counter, created if it does not exist (counter)
KEY         key of the lock and of the counter (mutex)
TTL_MS      lease length: how long the lock stays held after its holder died (15000)
TIMEOUT_MS  the longest wait for the lock (60000)
WORK_MS     how long the critical section takes (500)
ROUNDS      how often the critical section is entered (5)
NAME        name of this instance (its host and process id)`;

const env = (variable: string, fallback: string): string => Deno.env.get(variable) || fallback;
const name = env("NAME", `${Deno.hostname()}-${Deno.pid}`);
const key = env("KEY", "mutex");
const rounds = Number(env("ROUNDS", "5"));
const timeout = Number(env("TIMEOUT_MS", "60000"));
const say = (what: string): void => console.log(`${name} ${what}`);

async function main(): Promise<void> {
  const nc = await wsconnect({ servers: env("NATS_URL", "ws://127.0.0.1:8080"), maxReconnectAttempts: -1 });
  try {
    // Not the bucket of the lock: there, entries that are not renewed expire.
    const counter = await new Kvm(nc).create(env("COUNTER", "counter"));
    const ttl = Number(env("TTL_MS", "15000"));
    await using locker = await Locker.open({ nc, bucket: env("BUCKET", "locks"), ttl, key, name, onEvent: tell });
    // Only from here on: before, there is nothing to release, and Ctrl-C should not wait for a server.
    const signal = stopSignal();
    await play(locker, counter, signal).catch((error: unknown) => {
      if (error !== signal.reason) throw error;
    });
  } finally {
    await nc.close();
  }
}

async function play(locker: Locker, counter: KV, signal: AbortSignal): Promise<void> {
  const wait = { timeout, signal };
  for (let round = 1; round <= rounds; round++) {
    try {
      if (round % 2 === 1) await locker.run((lease) => countUp(lease, counter), wait);
      else {
        await using lease = await locker.acquire(wait);
        await countUp(lease, counter);
      }
    } catch (error) {
      if (!(error instanceof AcquireTimeoutError)) throw error;
      say(`goes without: ${error.message}`);
    }
  }
}

/** The critical section: the counter does not change between the read and the write, because nobody else is in here. */
async function countUp(lease: Lease, counter: KV): Promise<void> {
  const count = Number((await counter.get(key))?.string() ?? "0");
  say(`enters, token ${lease.token}, reads ${count}`);
  await new Promise((resolve) => setTimeout(resolve, Number(env("WORK_MS", "500"))));
  // A lost lock does not protect. fencing.ts shows what to do about a pause right after this line.
  lease.signal.throwIfAborted();
  await counter.put(key, String(count + 1));
  say(`leaves, token ${lease.token}, wrote ${count + 1}`);
}

function tell(event: LockEvent): void {
  if (event.type === "waiting") say("waits");
}

function stopSignal(): AbortSignal {
  const stop = new AbortController();
  const end = () => stop.abort();
  Deno.addSignalListener("SIGINT", end);
  if (Deno.build.os !== "windows") Deno.addSignalListener("SIGTERM", end);
  return stop.signal;
}

if (Deno.args.includes("--help")) console.log(HELP);
else await main();
