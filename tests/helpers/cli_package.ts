/**
 * The command line as an npm package, for Node and Bun: what JSR's npm layer would make, with its dependencies.
 *
 * @module
 */

import { npmFolder, type Pins } from "../../tools/npm_install.ts";

/** Packages that the command line imports. */
const PACKAGES = [
  ...["jetstream", "kv", "nats-core", "transport-node"].map((name) => `@nats-io/${name}`),
  ...["@bomb.sh/tab", "@inquirer/confirm", "cli-table3", "commander", "picocolors"],
];

const ROOT = new URL("../../", import.meta.url);

/** The dependencies, at the versions that `deno.lock` names. */
async function pins(): Promise<Pins> {
  const read = async (name: string) => JSON.parse(await Deno.readTextFile(new URL(name, ROOT))) as unknown;
  const { imports } = await read("deno.json") as { readonly imports: Readonly<Record<string, string>> };
  const { specifiers } = await read("deno.lock") as { readonly specifiers: Readonly<Record<string, string>> };
  // A version of a package with peers has them behind an underscore.
  return Object.fromEntries(PACKAGES.map((name) => {
    const version = specifiers[imports[name] ?? ""]?.split("_")[0];
    if (version === undefined) throw new Error(`deno.lock does not name "${imports[name]}"`);
    return [name, version];
  }));
}

/** Packs this repository, lays its dependencies beside it, and calls back with the path of the program. */
export async function withPackage(body: (program: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "natslock-package-" });
  try {
    const modules = `${await npmFolder("cli", await pins())}/node_modules`;
    const args = ["pack", "--allow-dirty", "--allow-slow-types", "-o", `${folder}/natslock.tgz`];
    await command(Deno.execPath(), args);
    await command("tar", ["-xzf", `${folder}/natslock.tgz`, "-C", folder]);
    await Deno.symlink(modules, `${folder}/package/node_modules`, { type: "junction" });
    await body(`${folder}/package/src/cli.js`);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

async function command(program: string, args: string[]): Promise<void> {
  const { success, stderr } = await new Deno.Command(program, { args, cwd: ROOT, stdin: "null" }).output();
  if (!success) throw new Error(`"${program} ${args[0]}" failed:\n${new TextDecoder().decode(stderr)}`);
}
