// deno-lint-ignore-file no-console
/**
 * Observes who holds a lock, without being a candidate for it.
 *
 * @module
 */

import { type Leadership, Locker } from "@x/natslock";

const HELP = `Prints who holds a lock, now and at each change.

Usage: deno run -A examples/observe.ts [--json] [--help]

--json    prints one JSON object per change: { at, leader }; leader is null while nobody holds the lock
NATS_URL  websocket address of NATS (ws://127.0.0.1:8080)
BUCKET    key-value bucket, created if it does not exist (locks)
KEY       key of the lock (leader)
TTL_MS    lease length of the bucket, if this program creates it (15000)`;

const env = (variable: string, fallback: string): string => Deno.env.get(variable) || fallback;
const json = Deno.args.includes("--json");

async function main(): Promise<void> {
  await using locker = await Locker.open({
    servers: env("NATS_URL", "ws://127.0.0.1:8080"),
    bucket: env("BUCKET", "locks"),
    ttl: Number(env("TTL_MS", "15000")),
    key: env("KEY", "leader"),
  });
  // Only from here on: before, there is nothing to release, and Ctrl-C should not wait for a server.
  const signal = stopSignal();
  try {
    // Do not await anything slow in here: a reader that falls behind gets only the newest state.
    for await (const leader of locker.observe({ signal })) print(leader);
  } catch (error) {
    // The abort is the normal end.
    if (error !== signal.reason) throw error;
  }
}

function print(leader: Leadership | null): void {
  const at = new Date().toISOString();
  if (json) return console.log(JSON.stringify({ at, leader }));
  if (leader === null) return console.log(`${at} nobody holds it`);
  console.log(`${at} ${leader.name || leader.holder || "a stranger"} holds it, token ${leader.token}`);
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
