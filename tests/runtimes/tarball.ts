/** The npm package that is made of this repository, as JSR's npm layer makes it: types stripped, nothing else changed. */

import { npm } from "../../tools/npm_install.ts";
import { esbuild } from "./bundle.ts";

const ROOT = new URL("../../", import.meta.url);

/** A tarball, and the files in it that had to be rewritten for runtimes without `using`. */
export interface Tarball {
  readonly path: string;
  readonly lowered: readonly string[];
}

/** Packs the repository into a tarball in this folder. */
export async function pack(folder: string): Promise<Tarball> {
  const packed = `${folder}/packed.tgz`;
  await run(Deno.execPath(), ["pack", "--allow-dirty", "-o", packed], ROOT.pathname);
  await run("tar", ["xzf", packed, "-C", folder], folder);
  const lowered = await lower(`${folder}/package`);
  const manifest = JSON.parse(await Deno.readTextFile(`${folder}/package/package.json`));
  await npm(`${folder}/package`, ["pack", "--ignore-scripts", "--pack-destination", folder], manifest);
  const made = [...Deno.readDirSync(folder)].find(({ name }) => name.endsWith(".tgz") && name !== "packed.tgz");
  if (!made) throw new Error(`npm pack left no tarball in "${folder}"`);
  return { path: `${folder}/${made.name}`, lowered };
}

/** Rewrites the files that declare something by `using`, which is newer than Node 20. */
async function lower(folder: string): Promise<string[]> {
  const lowered: string[] = [];
  for (const path of ["mod.js", ...[...Deno.readDirSync(`${folder}/src`)].map(({ name }) => `src/${name}`)].sort()) {
    if (!path.endsWith(".js")) continue;
    if (!/^\s*(?:await )?using \w+ =/m.test(await Deno.readTextFile(`${folder}/${path}`))) continue;
    await esbuild([path, `--outfile=${path}`, "--allow-overwrite", "--target=es2022", "--log-level=warning"], folder);
    lowered.push(path);
  }
  return lowered;
}

/** Runs a command to its end; rejects with what it printed if it fails. Resolves to its output. */
export async function run(command: string, args: readonly string[], cwd: string): Promise<string> {
  const env = { NO_COLOR: "1" };
  const { success, stdout, stderr } = await new Deno.Command(command, { args: [...args], cwd, env, stdin: "null" })
    .output();
  const decoder = new TextDecoder();
  const output = decoder.decode(stdout);
  if (!success) throw new Error(`"${command} ${args.join(" ")}" failed:\n${output}${decoder.decode(stderr)}`);
  return output;
}
