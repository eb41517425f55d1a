/**
 * `deno task page`: the page of examples/browser, in which tabs elect a leader.
 *
 * @module
 */

import { resolve } from "node:path";
import { parseArgs } from "node:util";
import { NatsServer } from "../nats/server.ts";
import { writePage } from "./modules.ts";
import { PageServer } from "./server.ts";
import { codeOf, print, UsageError, wholeNumber } from "../usage.ts";

const HELP = `Serves the page of examples/browser on this machine: tabs of a browser elect a leader.

Usage: deno task page [options]

Without --servers it starts a nats-server. Open the address that it prints in two tabs.

  --servers URL   websocket address of your NATS, such as wss://nats.example:443
  --port NUMBER   port on loopback (any that is free)
  --out FOLDER    writes page, worker and modules there and ends: put them on any web server
  --help

Ctrl-C ends it and all that it started. Exit code: 0, 1 with the reason, 2 for a wrong option.`;

const OPTIONS = {
  servers: { type: "string" },
  port: { type: "string" },
  out: { type: "string" },
  help: { type: "boolean" },
} as const;

type Values = ReturnType<typeof parse>;

function parse(args: readonly string[]) {
  try {
    return parseArgs({ args: [...args], options: OPTIONS }).values;
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}

function requireAddress(servers: string | undefined): void {
  if (servers === undefined || /^wss?:\/\/./.test(servers)) return;
  throw new UsageError(`Cannot use "--servers": must be ws:// or wss://, current value is "${servers}"`);
}

async function serve({ servers, port }: Values): Promise<void> {
  const wanted = wholeNumber("port", port);
  await using demo = servers === undefined ? await NatsServer.start() : null;
  await using page = await PageServer.start(wanted);
  const address = page.url({ servers: servers ?? demo?.url ?? "" });
  print(Deno.stdout, `${address}\nOpen it in two tabs; Ctrl-C ends it`);
  await new Promise(() => setInterval(() => {}, 60_000));
}

async function write(folder: string): Promise<void> {
  // Where the user stands: a task runs in the folder of deno.json.
  await writePage(resolve(Deno.env.get("INIT_CWD") ?? Deno.cwd(), folder));
  print(Deno.stdout, `Wrote the page to "${folder}": serve that folder and open browser/`);
}

async function main(args: readonly string[]): Promise<void> {
  const values = parse(args);
  if (values.help) return print(Deno.stdout, HELP);
  requireAddress(values.servers);
  if (values.out !== undefined && (values.servers ?? values.port) !== undefined) {
    throw new UsageError('Cannot use "--out" with "--servers" or "--port": nothing is served then');
  }
  await (values.out === undefined ? serve(values) : write(values.out));
}

if (import.meta.main) Deno.exit(await codeOf(() => main(Deno.args)));
