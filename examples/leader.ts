// deno-lint-ignore-file no-console
/**
 * Leader election with a lease that renews itself. Run this in three terminals and kill the one that leads.
 *
 * @module
 */

import { type Lease, Locker, type LockEvent } from "@x/natslock";

const HELP = `Campaigns for the lead until it is stopped. Of all instances with the same key, one works at a time.

Usage: deno run -A examples/leader.ts [--help]

Run it in three terminals. Press Ctrl-C in the one that leads: another one leads at once.
Use kill -9 instead: another one leads after the lease has expired, with a higher token.

NATS_URL  websocket address of NATS (ws://127.0.0.1:8080)
BUCKET    key-value bucket, created if it does not exist (locks)
KEY       key of the lock (leader)
TTL_MS    lease length: how long the lead lasts after its holder died (15000)
STEP_MS   how long one step of the work takes (1000)
NAME      name of this instance (its host and process id)`;

const env = (variable: string, fallback: string): string => Deno.env.get(variable) || fallback;
const name = env("NAME", `${Deno.hostname()}-${Deno.pid}`);
const say = (what: string): void => console.log(`${name} ${what}`);

async function main(): Promise<void> {
  await using locker = await Locker.open({
    servers: env("NATS_URL", "ws://127.0.0.1:8080"),
    bucket: env("BUCKET", "locks"),
    ttl: Number(env("TTL_MS", "15000")),
    key: env("KEY", "leader"),
    name,
    onEvent: tell,
  });
  // Only from here on: before, there is nothing to release, and Ctrl-C should not wait for a server.
  const signal = stopSignal();
  try {
    await locker.lead(term, { signal });
  } catch (error) {
    // The abort is the normal end of a campaign.
    if (error !== signal.reason) throw error;
  }
}

/** One term as leader. The record is removed only after this has settled, so two terms never overlap. */
async function term(lease: Lease): Promise<void> {
  say(`leads, token ${lease.token}`);
  for (let step = 1; !lease.signal.aborted; step++) {
    await work(lease.signal);
    if (!lease.signal.aborted) say(`has done step ${step}, token ${lease.token}`);
  }
  say(`stands down, token ${lease.token}: ${lease.signal.reason}`);
}

/** One step goes here. Keep it short or stop it at the signal, because the lead ends only when the work does. */
function work(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer);
      signal.removeEventListener("abort", done);
      resolve();
    };
    const timer = setTimeout(done, Number(env("STEP_MS", "1000")));
    signal.addEventListener("abort", done, { once: true });
  });
}

function tell(event: LockEvent): void {
  if (event.type === "waiting") say("follows");
  if (event.type === "at_risk") say(`cannot renew, ${Math.round(event.remaining)} ms are left`);
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
