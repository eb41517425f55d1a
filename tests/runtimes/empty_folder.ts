/** An empty folder of a user, on a machine that has the runtimes, and where a stand-in is JSR. */

import { bunPath, installed, nodePath } from "../../tools/npm/packages.ts";
import type { Registry } from "./registry.ts";
import { shell, userEnv } from "./shell.ts";
import { run } from "./tarball.ts";

/** What the machine of the user is like. */
export interface EmptyFolderOptions {
  /** Where it is made. */
  readonly inside: string;
  /** What is JSR there. */
  readonly registry: Registry;
  /** The line of Node.js. Default: 24. */
  readonly node?: 20 | 24;
}

/** Resolves if a machine can be made; rejects with what stands in the way. */
export async function installMachine(): Promise<void> {
  if (Deno.build.os === "windows") throw new Error("the lines are for a POSIX shell");
  await Promise.all([installed("jsr"), installed("bundler"), bunPath(), nodePath(20), nodePath(24)]);
}

/** The folder; what a command leaves elsewhere is left beside it. */
export class EmptyFolder {
  readonly path: string;
  readonly #env: Readonly<Record<string, string>>;

  private constructor(path: string, env: Readonly<Record<string, string>>) {
    this.path = path;
    this.#env = env;
  }

  /** Makes it. Only npm's own file of settings is in there: `jsr add` would else name the real JSR in one. */
  static async make({ inside, registry, node = 24 }: EmptyFolderOptions): Promise<EmptyFolder> {
    const machine = await Deno.makeTempDir({ dir: inside, prefix: `machine-${node}-` });
    const path = `${machine}/empty`;
    await Promise.all([`${machine}/bin`, `${machine}/deno`, path].map((folder) => Deno.mkdir(folder)));
    for (const [name, target] of Object.entries(await executables(node))) {
      await Deno.symlink(target, `${machine}/bin/${name}`);
    }
    const { deno, npm } = await (settings ??= settingsOfUser());
    // Deno's packages of npm are shared with the user's own; what comes of JSR is not.
    await Deno.symlink(deno, `${machine}/deno/npm`);
    await Deno.writeTextFile(`${path}/.npmrc`, `@jsr:registry=${registry.url}\n`);
    return new EmptyFolder(path, {
      ...userEnv(),
      PATH: `${machine}/bin:${Deno.env.get("PATH")}`,
      JSR_URL: registry.url,
      DENO_DIR: `${machine}/deno`,
      DENO_INSTALL_ROOT: machine,
      BUN_INSTALL_CACHE_DIR: `${machine}/bun`,
      // Where npx looks for executables before it asks for the newest.
      npm_config_prefix: machine,
      npm_config_globalconfig: npm,
      npm_config_prefer_offline: "true",
      NO_COLOR: "1",
    });
  }

  /** Puts a file there. */
  async write(name: string, text: string): Promise<void> {
    await Deno.writeTextFile(`${this.path}/${name}`, text, { mode: 0o755 });
  }

  /** Runs commands one after the other, as a shell does; resolves to what the last of them printed. */
  async run(commands: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<string> {
    let output = "";
    for (const command of commands) output = await shell(command, { cwd: this.path, env: { ...this.#env, ...env } });
    return output;
  }
}

let settings: ReturnType<typeof settingsOfUser> | null = null;

async function executables(node: 20 | 24): Promise<Record<string, string>> {
  const bun = await bunPath();
  return {
    deno: Deno.execPath(),
    bun,
    bunx: bun,
    node: await nodePath(node),
    jsr: `${await installed("jsr")}/node_modules/jsr/dist/bin.js`,
    esbuild: `${await installed("bundler")}/node_modules/esbuild/bin/esbuild`,
  };
}

/** Where Deno keeps packages of npm, and npm its settings for all users. */
async function settingsOfUser(): Promise<{ readonly deno: string; readonly npm: string }> {
  const { npmCache } = JSON.parse(await run([Deno.execPath(), "info", "--json"], ".")) as { readonly npmCache: string };
  return { deno: npmCache, npm: (await run(["npm", "config", "get", "globalconfig"], ".")).trim() };
}
