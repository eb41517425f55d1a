/**
 * `deno task server`: starts a nats-server for experiments.
 *
 * @module
 */

import { natsServerPath, versionOf } from "./install.ts";
import { NatsServer } from "./server.ts";

const HELP = `Starts a nats-server with JetStream and a websocket listener on free ports of this machine.

Usage: deno task server [--install-only] [--help]

It runs until Ctrl-C and then removes its store. The binary is $NATS_SERVER, or nats-server on PATH, or the pinned
release, which is installed into a cache. With --install-only, it exits after the installation.`;

async function main(args: readonly string[]): Promise<void> {
  const print = (line: string) => Deno.stdout.writeSync(new TextEncoder().encode(`${line}\n`));
  if (args.includes("--help")) return void print(HELP);
  if (args.includes("--install-only")) {
    const path = await natsServerPath();
    return void print(`${path} ${await versionOf(path)}`);
  }
  const server = await NatsServer.start();
  print(
    JSON.stringify({ websocket: server.url, tcp: `127.0.0.1:${server.port}`, pid: server.pid, store: server.storeDir }),
  );
  await new Promise(() => setInterval(() => {}, 60_000));
}

try {
  await main(Deno.args);
} catch (error) {
  Deno.stderr.writeSync(new TextEncoder().encode(`${error instanceof Error ? error.message : error}\n`));
  Deno.exit(1);
}
