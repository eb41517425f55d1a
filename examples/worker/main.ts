// deno-lint-ignore-file no-console
/**
 * Leader election in a dedicated worker. This file starts the worker, asks it to stop, and prints what it reports.
 *
 * @module
 */

const HELP = `Starts a worker that campaigns for the lead, and prints what it reports.

Usage: deno run -A examples/worker/main.ts [--help]

The worker holds the lease and does the work, so nothing that the main thread does delays a renewal.
Run it in two terminals. Press Ctrl-C in the one that leads: the other one leads at once.

NATS_URL  websocket address of NATS (ws://127.0.0.1:8080)
BUCKET    key-value bucket, created if it does not exist (locks)
KEY       key of the lock (leader)
TTL_MS    lease length: how long the lead lasts after its holder died (15000)
NAME      name of this instance (its host and process id)`;

/** What the worker reports. */
interface Told {
  readonly told: "follows" | "leads" | "step" | "at risk" | "stands down" | "not given back" | "failed" | "ended";
  readonly token?: number;
  readonly step?: number;
  readonly remaining?: number;
  readonly why?: string;
}

const env = (variable: string, fallback: string): string => Deno.env.get(variable) || fallback;
const name = env("NAME", `${Deno.hostname()}-${Deno.pid}`);

function main(): void {
  const worker = new Worker(new URL("worker.js", import.meta.url), { type: "module" });
  worker.addEventListener("message", ({ data }: MessageEvent<Told>) => {
    if (data.told === "ended") return end(worker);
    if (data.told === "failed") Deno.exitCode = 1;
    console.log(`${name} ${wordsOf(data)}`);
  });
  const options = {
    servers: env("NATS_URL", "ws://127.0.0.1:8080"),
    bucket: env("BUCKET", "locks"),
    ttl: Number(env("TTL_MS", "15000")),
    key: env("KEY", "leader"),
    name,
  };
  worker.postMessage({ ask: "start", library: import.meta.resolve("@x/natslock"), options });
  const stop = () => worker.postMessage({ ask: "stop" });
  Deno.addSignalListener("SIGINT", stop);
  if (Deno.build.os !== "windows") Deno.addSignalListener("SIGTERM", stop);
}

function wordsOf({ told, token, step, remaining, why }: Told): string {
  if (told === "leads") return `leads, token ${token}`;
  if (told === "step") return `has done step ${step}, token ${token}`;
  if (told === "at risk") return `cannot renew, ${Math.round(remaining ?? 0)} ms are left`;
  if (told === "stands down") return `stands down, token ${token}: ${why}`;
  return why === undefined ? told : `${told}: ${why}`;
}

/** By now the worker has released what it held. */
function end(worker: Worker): void {
  worker.terminate();
  Deno.exit();
}

if (Deno.args.includes("--help")) console.log(HELP);
else main();
