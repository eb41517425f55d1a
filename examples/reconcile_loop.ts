// deno-lint-ignore-file no-console
/**
 * A reconcile loop that runs in several instances, one of which leads. Start it twice and stop the one that leads.
 *
 * @module
 */

import { ConnectionError, Locker } from "@x/natslock";

const HELP = `Runs a reconcile loop. Of all instances with the same bucket and key, one does the work.

Usage: deno run -A examples/reconcile_loop.ts [--json] [--help]

--json       prints one JSON object per round: { at, name, id, leads, error? }
NATS_URL     websocket address of NATS (ws://127.0.0.1:8080)
BUCKET       key-value bucket, created if it does not exist (locks)
KEY          key of the lock (reconciler)
TTL_MS       lease length: how long the lead lasts after its holder died (15000)
INTERVAL_MS  time between two rounds, well below TTL_MS (3000)
NAME         name of this instance (its host and process id)`;

interface Round {
  readonly leads: boolean;
  readonly error?: string;
}

const env = (variable: string, fallback: string): string => Deno.env.get(variable) || fallback;
const name = env("NAME", `${Deno.hostname()}-${Deno.pid}`);
const interval = Number(env("INTERVAL_MS", "3000"));
let stopping = false;
let wake = (): void => {};

async function main(): Promise<void> {
  Deno.addSignalListener("SIGINT", stop);
  if (Deno.build.os !== "windows") Deno.addSignalListener("SIGTERM", stop);
  // Leaving this block releases the lead, so that another instance leads at once.
  await using locker = await Locker.open({
    servers: env("NATS_URL", "ws://127.0.0.1:8080"),
    bucket: env("BUCKET", "locks"),
    ttl: Number(env("TTL_MS", "15000")),
    key: env("KEY", "reconciler"),
    name,
    meta: { runtime: `deno ${Deno.version.deno}`, host: Deno.hostname(), pid: Deno.pid },
  });
  while (!stopping) {
    print(locker.id, await round(locker));
    if (!stopping) await pause();
  }
}

async function round(locker: Locker): Promise<Round> {
  try {
    const leads = await locker.acquireLead();
    if (leads) reconcile();
    return { leads };
  } catch (error) {
    // It is unknown who leads, so this instance does not act. The next round finds out.
    if (error instanceof ConnectionError && error.transient) return { leads: false, error: error.message };
    throw error;
  }
}

/** The work of one round goes here. It must be shorter than the lease, since a lead that is not renewed expires. */
function reconcile(): void {}

function pause(): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, interval);
    wake = () => {
      clearTimeout(timer);
      resolve();
    };
  });
}

function stop(): void {
  stopping = true;
  wake();
}

function print(id: string, round: Round): void {
  const { leads, error } = round;
  const line = `${name} ${leads ? "leads" : "follows"}${error ? `: ${error}` : ""}`;
  console.log(Deno.args.includes("--json") ? JSON.stringify({ at: Date.now(), name, id, ...round }) : line);
}

if (Deno.args.includes("--help")) console.log(HELP);
else await main();
