/**
 * `deno task page`: serves the page of `examples/browser`, in which browser tabs elect a leader.
 *
 * @module
 */

import { resolve } from "node:path";
import { parseArgs } from "node:util";
import { NatsServer } from "../nats/server.ts";
import { writePage } from "./modules.ts";
import { PageServer } from "./server.ts";
import { codeOf, print, UsageError, wholeNumber } from "../usage.ts";

const HELP = `Serves the page of examples/browser on this machine. Tabs of a browser elect a leader.

Usage: deno task page [options]

Without --servers, it starts a nats-server. Open the printed address in two tabs.

  --servers URL   websocket address of your NATS server, such as wss://nats.example:443
  --port NUMBER   port on loopback (default: any free port)
  --out FOLDER    write the page, its worker and its modules to FOLDER and exit; any web server can serve them
  --help

Press Ctrl-C to stop it and everything that it started.
Exit code: 0, 1 with the reason on standard error, 2 for a wrong option.`;

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
  print(Deno.stdout, `${address}\nOpen it in two tabs, press Ctrl-C to stop`);
  await new Promise(() => setInterval(() => {}, 60_000));
}

async function write(folder: string): Promise<void> {
  // Relative to the user's folder. A Deno task runs in the folder of deno.json.
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
