/**
 * `deno task dashboard`: shows the locks of a bucket live in the browser.
 *
 * @module
 */

import { parseArgs } from "node:util";
import type { Settings } from "../../examples/dashboard/model/link.ts";
import { DashboardDemo } from "./demo.ts";
import { buildPage } from "./page.ts";
import { DashboardServer } from "./server.ts";
import { codeOf, print, UsageError, wholeNumber } from "../usage.ts";

const HELP = `Serves a page on this machine that shows the locks of a bucket live. The page connects to NATS itself.

Usage: deno task dashboard [options]

Without --servers, it starts a demo: a nats-server, a bucket, and candidates that you start, stop and kill on the page.

  --servers URL         websocket address of your NATS server, such as wss://nats.example:443
  --bucket NAME         bucket of the locks
  --user NAME, --password TEXT, --token TEXT, --creds FILE
                        credentials; without them the page asks if the server requires some
  --inbox-prefix TEXT   prefix of the user's inbox subjects (default: _INBOX_<user>, or _INBOX without a user)
  --ttl MS              lease length for records that do not state it
  --port NUMBER         port on loopback (default: any free port)
  --build FOLDER        write the static page to FOLDER and exit; any web server can serve it
  --help

The permissions in examples/permissions/observer.conf are enough. Press Ctrl-C to stop it and everything that it
started. Exit code: 0, 1 with the reason on standard error, 2 for a wrong option.`;

const OPTIONS = {
  servers: { type: "string" },
  bucket: { type: "string" },
  user: { type: "string" },
  password: { type: "string" },
  token: { type: "string" },
  creds: { type: "string" },
  "inbox-prefix": { type: "string" },
  ttl: { type: "string" },
  port: { type: "string" },
  build: { type: "string" },
  help: { type: "boolean" },
} as const;

const CAST = {
  "billing.invoices": ["ada", "grace"],
  "reconciler": ["edsger", "barbara"],
  "reports.nightly": ["kay", "linus"],
};
const PACE = { ttl: 6000, interval: 2000 };

type Values = ReturnType<typeof parse>;

function parse(args: readonly string[]) {
  try {
    return parseArgs({ args: [...args], options: OPTIONS }).values;
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}

async function settingsOf(values: Values): Promise<Settings | null> {
  const { servers, bucket, user, password: pass, token, creds: file, "inbox-prefix": inboxPrefix } = values;
  const ttl = wholeNumber("ttl", values.ttl);
  if (servers === undefined && bucket === undefined) return null;
  if (!servers || !bucket) throw new UsageError('Cannot use one of "--servers" and "--bucket" alone: set both or none');
  const creds = file === undefined ? undefined : await Deno.readTextFile(file);
  const optional = { user, pass, token, creds, inboxPrefix, ttl };
  return {
    servers,
    bucket,
    ...Object.fromEntries(Object.entries(optional).filter(([, value]) => value !== undefined)),
  };
}

async function serve(values: Values): Promise<never> {
  const settings = await settingsOf(values);
  const port = wholeNumber("port", values.port) ?? 0;
  await using demo = settings ? null : await DashboardDemo.start(CAST, PACE);
  demo?.startAll();
  const served = demo ? { settings: demo.settings, demo } : { settings };
  await using page = await DashboardServer.start({ port, ...served });
  print(Deno.stdout, `${page.url}\n${demo ? "Demo" : `Bucket "${settings?.bucket}"`}, press Ctrl-C to stop`);
  return await new Promise<never>(() => setInterval(() => {}, 60_000));
}

async function main(args: readonly string[]): Promise<void> {
  const values = parse(args);
  if (values.help) return print(Deno.stdout, HELP);
  if (values.build === undefined) return await serve(values);
  await Deno.mkdir(values.build, { recursive: true });
  await buildPage(values.build);
  print(Deno.stdout, `Wrote the page to "${values.build}"`);
}

if (import.meta.main) Deno.exit(await codeOf(() => main(Deno.args)));
