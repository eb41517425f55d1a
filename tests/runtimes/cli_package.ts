/**
 * The command line as an npm package, for Node and Bun: what JSR's npm layer would make, with its dependencies.
 *
 * @module
 */

import { npmFolder, type Pins } from "../../tools/npm/install.ts";

const ROOT = new URL("../../", import.meta.url);

/** The dependencies from npm, at the versions that `deno.lock` names. */
async function pins(): Promise<Pins> {
  const read = async (name: string) => JSON.parse(await Deno.readTextFile(new URL(name, ROOT))) as unknown;
  const { imports } = await read("cli/deno.json") as { readonly imports: Readonly<Record<string, string>> };
  const { specifiers } = await read("deno.lock") as { readonly specifiers: Readonly<Record<string, string>> };
  const packages = Object.entries(imports).filter(([, specifier]) => specifier.startsWith("npm:"));
  return Object.fromEntries(packages.map(([name, specifier]) => {
    // A version of a package with peers has them behind an underscore.
    const version = specifiers[specifier]?.split("_")[0];
    if (version === undefined) throw new Error(`deno.lock does not name "${specifier}"`);
    return [name, version];
  }));
}

/**
 * Packs the command line, lays the packed library and the other dependencies beside it, and calls back with the path of
 * the program.
 */
export async function withPackage(body: (program: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "natslock-package-" });
  try {
    const modules = `${await npmFolder("cli", await pins())}/node_modules`;
    await unpack("cli/", `${folder}/cli`);
    await unpack("", `${folder}/cli/node_modules/@x/natslock`);
    await Deno.symlink(modules, `${folder}/node_modules`, { type: "junction" });
    await body(`${folder}/cli/main.js`);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** Packs a package of this repository, and puts the files of the tarball into a new folder. */
async function unpack(source: string, target: string): Promise<void> {
  const tarball = `${target}.tgz`;
  await Deno.mkdir(target, { recursive: true });
  await command(Deno.execPath(), ["pack", "--allow-dirty", "--allow-slow-types", "-o", tarball], source);
  await command("tar", ["-xzf", tarball, "--strip-components=1", "-C", target]);
}

async function command(program: string, args: string[], folder = ""): Promise<void> {
  const cwd = new URL(folder, ROOT);
  const { success, stderr } = await new Deno.Command(program, { args, cwd, stdin: "null" }).output();
  if (!success) throw new Error(`"${program} ${args[0]}" failed:\n${new TextDecoder().decode(stderr)}`);
}
