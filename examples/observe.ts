// deno-lint-ignore-file no-console
/**
 * Follows who holds a lock without being a candidate for it.
 *
 * @module
 */

import { type Leadership, Locker } from "@x/natslock";

const HELP = `Prints who holds a lock, now and at each change.

Usage: deno run -A examples/observe.ts [--json] [--help]

--json prints one JSON object per change: { at, leader }, where leader is null while nobody holds it
NATS_URL  websocket address of NATS (ws://127.0.0.1:8080)
BUCKET    key-value bucket, made if it does not exist (locks)
KEY       key of the lock (leader)
TTL_MS    lease length of the bucket if it is made here (15000)`;

const env = (variable: string, fallback: string): string => Deno.env.get(variable) || fallback;
const json = Deno.args.includes("--json");

async function main(): Promise<void> {
  await using locker = await Locker.open({
    servers: env("NATS_URL", "ws://127.0.0.1:8080"),
    bucket: env("BUCKET", "locks"),
    ttl: Number(env("TTL_MS", "15000")),
    key: env("KEY", "leader"),
  });
  // Not before: until now there is nothing to give back, and Ctrl-C should not have to wait for a server.
  const signal = stopSignal();
  try {
    // Not awaiting anything slow in here: a reader that falls behind is told only the newest.
    for await (const leader of locker.observe({ signal })) print(leader);
  } catch (error) {
    // That it was stopped is how it ends well.
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
