/** The npm package that is made of this repository, as JSR's npm layer makes it: types stripped, nothing else changed. */

import { npm } from "../../tools/npm_install.ts";

const ROOT = new URL("../../", import.meta.url);

/** Packs the repository into a tarball in this folder, and says where that is. */
export async function pack(folder: string): Promise<string> {
  const packed = `${folder}/packed.tgz`;
  await run(Deno.execPath(), ["pack", "--allow-dirty", "-o", packed], ROOT.pathname);
  await run("tar", ["xzf", packed, "-C", folder], folder);
  const manifest = JSON.parse(await Deno.readTextFile(`${folder}/package/package.json`));
  await npm(`${folder}/package`, ["pack", "--ignore-scripts", "--pack-destination", folder], manifest);
  const made = [...Deno.readDirSync(folder)].find(({ name }) => name.endsWith(".tgz") && name !== "packed.tgz");
  if (!made) throw new Error(`npm pack left no tarball in "${folder}"`);
  return `${folder}/${made.name}`;
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
