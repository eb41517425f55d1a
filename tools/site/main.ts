/**
 * `deno task site`: builds the guides and the API reference as one static site.
 *
 * @module
 */

import { resolve } from "node:path";
import { parseArgs } from "node:util";
import { buildSite } from "./build.ts";
import { SiteServer } from "./server.ts";
import { codeOf, print, UsageError, wholeNumber } from "../usage.ts";

const HELP = `Builds the guides and the API reference as one static site, which any web server can serve.

Usage: deno task site [options]

Pages are all Markdown files in the root, docs, examples and cli; their order in the sidebar is that of docs/README.md.
The site loads nothing from other hosts. A dead link ends the build, and the folder then stays as it was. Needs npm for
VitePress, which is kept in a cache.

  --out FOLDER    folder to write (default: site). An old site is replaced, other files never
  --base PATH     path of the site on its host, such as /natslock/ (default: /)
  --source URL    address of the repository's files, such as https://git.example/natslock/blob/main.
                  Without it, links to files that are not on the site become text
  --serve         then serve the site on this machine until Ctrl-C
  --port NUMBER   port on loopback for --serve (default: any free port)
  --help

Exit code: 0, 1 with the reason on standard error, 2 for a wrong option.`;

const OPTIONS = {
  out: { type: "string", default: "site" },
  base: { type: "string", default: "/" },
  source: { type: "string", default: "" },
  serve: { type: "boolean", default: false },
  port: { type: "string" },
  help: { type: "boolean", default: false },
} as const;

type Values = ReturnType<typeof parse>;

function parse(args: readonly string[]) {
  try {
    return parseArgs({ args: [...args], options: OPTIONS }).values;
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}

function requireValid({ base, source, serve, port }: Values): void {
  if (!/^\/(?:[\w.~-]+\/)*$/.test(base)) {
    throw new UsageError(`Cannot use "--base": must start and end with a slash, current value is "${base}"`);
  }
  if (source !== "" && !/^https?:\/\/./.test(source)) {
    throw new UsageError(`Cannot use "--source": must be http:// or https://, current value is "${source}"`);
  }
  if (port !== undefined && !serve) throw new UsageError('Cannot use "--port" without "--serve"');
}

async function main(args: readonly string[]): Promise<void> {
  const values = parse(args);
  if (values.help) return print(Deno.stdout, HELP);
  requireValid(values);
  const port = wholeNumber("port", values.port) ?? 0;
  // Relative to the user's folder. A Deno task runs in the folder of deno.json.
  const out = resolve(Deno.env.get("INIT_CWD") ?? Deno.cwd(), values.out);
  const say = (line: string) => print(Deno.stderr, line);
  await buildSite(out, { base: values.base, sourceUrl: values.source, say });
  if (!values.serve) return print(Deno.stdout, `Wrote the site to "${values.out}"`);
  await using site = SiteServer.start(out, { base: values.base, port });
  print(Deno.stdout, `${site.url}\nPress Ctrl-C to stop`);
  await new Promise(() => setInterval(() => {}, 60_000));
}

if (import.meta.main) Deno.exit(await codeOf(() => main(Deno.args)));
