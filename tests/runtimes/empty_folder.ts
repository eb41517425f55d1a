/** An empty folder of a user, on a machine that has the runtimes, and where a stand-in is JSR. */

import { signalAll, treeOf } from "../../cli/src/process_tree.ts";
import { guard, unguard } from "../../tools/nats/process.ts";
import { bunPath, installed, nodePath } from "../../tools/npm/packages.ts";
import type { Registry } from "./registry.ts";
import { run } from "./tarball.ts";

/** Not a user's: what npx puts into the environment of what it runs, this process perhaps, and settings for NATS. */
const NOT_KEPT = /^(?:npm_(?!config_)|npm_config_(?:user_agent|(?:local_|global_)?prefix)$|NATS)/i;

/** How long one command may take, in milliseconds. */
const LONGEST = 60_000;

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
    const kept = Object.entries(Deno.env.toObject()).filter(([name]) => !NOT_KEPT.test(name));
    return new EmptyFolder(path, {
      ...Object.fromEntries(kept),
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
    for (const command of commands) output = await this.#runOne(command, { ...this.#env, ...env });
    return output;
  }

  async #runOne(command: string, env: Record<string, string>): Promise<string> {
    const pipes = { stdin: "null", stdout: "piped", stderr: "piped" } as const;
    const options = { args: ["-c", command], cwd: this.path, clearEnv: true, env, ...pipes };
    const child = new Deno.Command("sh", options).spawn();
    const tree = { destroy: () => signalAll(treeOf(child.pid), "SIGKILL") };
    guard(tree);
    const timer = setTimeout(tree.destroy, LONGEST);
    const { success, stdout, stderr } = await child.output();
    clearTimeout(timer);
    unguard(tree);
    const [output = "", complaint = ""] = [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes));
    if (!success) throw new Error(`"${command}" failed, or took ${LONGEST} ms:\n${output}${complaint}`);
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
