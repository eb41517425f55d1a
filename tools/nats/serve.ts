/**
 * `deno task server`: starts a nats-server for experiments.
 *
 * @module
 */

import { parseArgs } from "node:util";
import { natsServerPath, versionOf } from "./install.ts";
import { isFree } from "./ports.ts";
import { NatsServer } from "./server.ts";
import { codeOf, print, UsageError } from "../usage.ts";

/** The ports of the examples in README.md. */
const USUAL = { client: 4222, websocket: 8080 } as const;

const HELP = `Starts a nats-server with JetStream and a websocket listener on this machine (127.0.0.1).

Usage: deno task server [--port PORT] [--websocket-port PORT] [--install-only] [--help]

It listens on port ${USUAL.client}, and on port ${USUAL.websocket} for websockets. If one of them is taken, it takes another one and says so,
unless you have asked for it. 0 means any free port. It prints one line of JSON with the addresses.

It runs until Ctrl-C and then removes its store. The binary is $NATS_SERVER, or nats-server on PATH, or the pinned
release, which is installed into a cache. With --install-only, it exits after the installation.`;

function flagsOf(args: readonly string[]) {
  const text = { type: "string" } as const;
  const flag = { type: "boolean" } as const;
  const options = { port: text, "websocket-port": text, "install-only": flag, help: flag } as const;
  try {
    return parseArgs({ args: [...args], options }).values;
  } catch (error) {
    throw new UsageError(`${(error as Error).message.split(". ")[0]}; see --help`);
  }
}

/** Returns the port to use: the wanted one, or the usual one if it is free, else none, which stands for any. */
function portOf(flag: string, wanted: string | undefined, usual: number): number | undefined {
  if (wanted === undefined) {
    if (isFree(usual)) return usual;
    return void print(Deno.stderr, `Port ${usual} is taken: see below for the port used instead, or set --${flag}`);
  }
  const port = /^\d{1,5}$/.test(wanted) ? Number(wanted) : NaN;
  if (!(port <= 65_535)) throw new UsageError(`Cannot use "--${flag}": must be a port, current value is "${wanted}"`);
  if (port > 0 && !isFree(port)) throw new Error(`Cannot use port ${port}: another program listens on it`);
  return port || undefined;
}

async function main(args: readonly string[]): Promise<void> {
  const flags = flagsOf(args);
  if (flags.help) return print(Deno.stdout, HELP);
  if (flags["install-only"]) {
    const path = await natsServerPath();
    return print(Deno.stdout, `${path} ${await versionOf(path)}`);
  }
  const client = portOf("port", flags.port, USUAL.client);
  const websocket = portOf("websocket-port", flags["websocket-port"], USUAL.websocket);
  if (client !== undefined && client === websocket) {
    throw new UsageError(`Cannot use port ${client} twice: "--port" and "--websocket-port" must differ`);
  }
  const ports = { ...(client === undefined ? {} : { client }), ...(websocket === undefined ? {} : { websocket }) };
  const server = await NatsServer.start({ ports }).catch((error) => {
    // Another program can take a usual port between the check and the start.
    if (flags.port ?? flags["websocket-port"]) throw error;
    return NatsServer.start();
  });
  const tcp = `127.0.0.1:${server.port}`;
  print(Deno.stdout, JSON.stringify({ websocket: server.url, tcp, pid: server.pid, store: server.storeDir }));
  print(Deno.stderr, `Listens on nats://${tcp} and ${server.url}; Ctrl-C ends it`);
  await new Promise(() => setInterval(() => {}, 60_000));
}

const code = await codeOf(() => main(Deno.args));
if (code !== 0) Deno.exit(code);
