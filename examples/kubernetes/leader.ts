// deno-lint-ignore-file no-console
/**
 * A service of several instances. One of them leads and works; each answers "am I the leader" by HTTP.
 *
 * @module
 */

import { createServer } from "node:http";
import process from "node:process";
import { type Leadership, type Lease, Locker } from "@x/natslock";

const HELP = `Campaigns for the lead until SIGTERM or Ctrl-C, and answers GET /leader.

Usage: deno run -A examples/kubernetes/leader.ts [--help]

GET /leader answers 200 if this instance leads, else 503, with JSON in both cases:
{"isLeader":true,"token":7,"leader":"leader-0"}. SIGTERM hands the lead over at once and ends with code 0.

NATS_URL  websocket address of NATS (ws://127.0.0.1:8080)
BUCKET    key-value bucket, created if it does not exist (locks)
KEY       key of the lock (leader)
TTL_MS    lease length: how long the lead lasts after its holder died (15000)
STEP_MS   how long one step of the work takes (1000)
NAME      name of this instance (instance-PID)
PORT      port of the HTTP server; 0 takes any free port (8000)`;

const env = (variable: string, fallback: string): string => process.env[variable] || fallback;
const name = env("NAME", `instance-${process.pid}`);

/** What this instance knows: the lease that it was granted last, and who led when it heard of it last. */
const known: { lease: Lease | null; leader: Leadership | null } = { lease: null, leader: null };

/** One term as leader. The record is removed only after this has settled, so two terms never overlap. */
async function term(lease: Lease): Promise<void> {
  known.lease = lease;
  console.log(`${name} leads, token ${lease.token}`);
  while (!lease.signal.aborted) await step(lease.signal);
  console.log(`${name} stands down, token ${lease.token}`);
}

/** One step of the work goes here. It ends early at the signal. */
function step(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer);
      signal.removeEventListener("abort", done);
      resolve();
    };
    const timer = setTimeout(done, Number(env("STEP_MS", "1000")));
    signal.addEventListener("abort", done);
  });
}

const server = createServer((request, response) => {
  if (request.url !== "/leader") return void response.writeHead(404).end();
  // The getter compares the clock, so the answer is right even if no timer could run.
  const mine = known.lease?.held ? known.lease : null;
  response.writeHead(mine ? 200 : 503, { "content-type": "application/json" });
  response.end(JSON.stringify({ isLeader: mine !== null, token: mine?.token ?? null, leader: known.leader?.name }));
});

async function main(): Promise<void> {
  const locker = await Locker.open({
    servers: env("NATS_URL", "ws://127.0.0.1:8080"),
    bucket: env("BUCKET", "locks"),
    ttl: Number(env("TTL_MS", "15000")),
    key: env("KEY", "leader"),
    name,
  });
  // After a close the lease of the work is not renewed, so this process ends within the time that leader.yaml gives it.
  for (const signal of ["SIGTERM", "SIGINT"]) process.once(signal, () => void locker.close());
  server.listen(
    Number(env("PORT", "8000")),
    () => console.log(`${name} listens on ${JSON.stringify(server.address())}`),
  );
  const watch = async () => {
    for await (const leader of locker.observe()) known.leader = leader;
  };
  try {
    await Promise.all([locker.lead(term), watch()]); // both resolve when the Locker is closed
  } finally {
    await locker.close(); // waits until the record is removed
    server.close();
    server.closeAllConnections(); // clients keep theirs open
  }
}

if (process.argv.includes("--help")) console.log(HELP);
else await main();
