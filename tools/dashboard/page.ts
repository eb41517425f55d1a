/**
 * Builds the page of the dashboard: three files that any web server can serve.
 *
 * @module
 */

import { esbuild } from "../npm/bundle.ts";
import { npmFolder, type Pins } from "../npm/install.ts";

const ROOT = new URL("../../", import.meta.url);
const SOURCE = new URL("examples/dashboard/", ROOT);
/** Writes `index.html`, `style.css` and `main.js` to a folder. */
export async function buildPage(folder: string): Promise<void> {
  const modules = await npmFolder("dashboard", await pins());
  const args = [
    ...["examples/dashboard/main.tsx", "examples/dashboard/style.css", "--bundle", "--minify", `--outdir=${folder}`],
    ...[
      "--format=esm",
      "--target=es2022,chrome123,firefox120,safari17.5",
      "--jsx=automatic",
      "--jsx-import-source=preact",
    ],
    ...["--log-level=warning", "--legal-comments=none"],
  ];
  await Promise.all([
    esbuild(args, ROOT, { NODE_PATH: `${modules}/node_modules` }),
    Deno.copyFile(new URL("index.html", SOURCE), `${folder}/index.html`),
  ]);
}

/** Packages that the page needs, in the versions of `deno.lock`. */
async function pins(): Promise<Pins> {
  const lock = JSON.parse(await Deno.readTextFile(new URL("deno.lock", ROOT))) as {
    readonly specifiers: Record<string, string>;
  };
  const found = Object.entries(lock.specifiers).flatMap(([specifier, version]) => {
    const name = /^npm:(@nats-io\/nats-core|preact|@preact\/signals)@/.exec(specifier)?.[1];
    // deno.lock appends the versions of peer dependencies after "_".
    return name ? [[name, version.replace(/_.*/, "")] as const] : [];
  });
  return Object.fromEntries(found);
}
