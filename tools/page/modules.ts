/**
 * Bundles the library and the NATS packages into ES modules for an import map. npm has the NATS packages as CommonJS
 * only.
 *
 * @module
 */

import * as jetstream from "@nats-io/jetstream";
import * as kv from "@nats-io/kv";
import * as core from "@nats-io/nats-core";
import { esbuild } from "../npm/bundle.ts";
import { installedNats } from "../npm/packages.ts";
import { TemporaryFolder } from "../temporary_folder.ts";

const ROOT = new URL("../../", import.meta.url);
const EXAMPLES = new URL("examples/", ROOT);
/** Files that are copied unchanged. */
const FILES: readonly string[] = ["browser/index.html", "browser/page.js", "browser/style.css", "worker/worker.js"];
const PACKAGES: Readonly<Record<string, object>> = { "nats-core": core, jetstream, kv };
const IDENTIFIER = /^(?!default$|__esModule$)[A-Za-z_$][\w$]*$/;

/**
 * Writes the page, its worker and its modules into a folder. Any web server can serve that folder.
 * `folder` must be an absolute path.
 */
export async function writePage(folder: string): Promise<void> {
  for (const name of ["browser/modules", "worker"]) await Deno.mkdir(`${folder}/${name}`, { recursive: true });
  for (const name of FILES) await Deno.writeFile(`${folder}/${name}`, await Deno.readFile(new URL(name, EXAMPLES)));
  await writeModules(`${folder}/browser/modules`);
}

/** Removes the shared files of an earlier build. Their names contain a hash, so a new build does not overwrite them. */
async function removeShared(folder: string): Promise<void> {
  for await (const { name } of Deno.readDir(folder)) {
    if (/^shared-\w+\.js$/.test(name)) await Deno.remove(`${folder}/${name}`);
  }
}

async function writeModules(folder: string): Promise<void> {
  const entries = new TemporaryFolder("entries");
  try {
    await removeShared(folder);
    const paths = Object.entries(entryTexts()).map(([name, text]) => {
      const path = `${entries.path}/${name}.js`;
      Deno.writeTextFileSync(path, text);
      return path;
    });
    // Code that several modules import becomes a shared file. Every importer then uses the same copy of a NATS package.
    const together = ["--bundle", "--splitting", "--chunk-names=shared-[hash]", `--outdir=${folder}`];
    // Output that is not minified contains folder names of this machine.
    const shape = [
      "--minify",
      "--format=esm",
      "--platform=browser",
      "--target=es2022",
      "--log-level=warning",
    ];
    const args = [...paths, ...together, ...shape, "--alias:@x/natslock=./mod.ts"];
    await esbuild(args, ROOT, { NODE_PATH: `${await installedNats()}/node_modules` });
  } finally {
    entries.remove();
  }
}

/**
 * A bundler cannot read a list of exports from a CommonJS module. The names are read from the loaded module instead.
 */
function entryTexts(): Record<string, string> {
  const named = Object.entries(PACKAGES).map(([name, exports]) => {
    const names = Object.keys(exports).filter((each) => IDENTIFIER.test(each));
    return [name, `export { ${names.join(", ")} } from "@nats-io/${name}";\n`] as const;
  });
  return { natslock: `export * from "@x/natslock";\n`, ...Object.fromEntries(named) };
}
