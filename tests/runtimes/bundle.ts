/** Bundles the source for runtimes that cannot load it as it stands. */

import { installed, installedNats } from "./packages.ts";

/** What is bundled, and how. */
export interface BundleOptions {
  /** Where it will run. */
  readonly platform: "browser" | "node";
  /** `iife` for a classic script. Default: `esm`. */
  readonly format?: "esm" | "iife";
  /** Packages that stay imports. */
  readonly external?: readonly string[];
  /** Default: false. */
  readonly minify?: boolean;
}

/** How much of each input file is in a bundle: the part of esbuild's account that is read here. */
export interface BundleAccount {
  readonly outputs: Readonly<Record<string, { readonly inputs: Record<string, { readonly bytesInOutput: number }> }>>;
}

/** Syntax that every runtime of the table has; `using` is newer than some. */
const SYNTAX = "es2022";
const ROOT = new URL("../../", import.meta.url);

/** Writes the bundle of `entry`, a path from the root of this repository, to `outfile`, and says what is in it. */
export async function bundle(entry: string, outfile: string, options: BundleOptions): Promise<BundleAccount> {
  const { platform, format = "esm", external = [], minify = false } = options;
  const meta = `${outfile}.meta.json`;
  const args = [
    ...[
      entry,
      "--bundle",
      `--outfile=${outfile}`,
      `--metafile=${meta}`,
      "--log-level=warning",
      "--legal-comments=none",
    ],
    ...[`--platform=${platform}`, `--format=${format}`, `--target=${SYNTAX}`],
    ...["--alias:@x/natslock=./mod.ts", "--alias:@x/natslock/testing=./src/testing.ts"],
    ...external.map((name) => `--external:${name}`),
    ...minify ? ["--minify"] : [],
  ];
  await esbuild(args, ROOT, { NODE_PATH: `${await installedNats()}/node_modules` });
  const account = JSON.parse(await Deno.readTextFile(meta)) as BundleAccount;
  await Deno.remove(meta);
  return account;
}

const made = new Map<string, Promise<string>>();

/** A module for Node or Bun, which find the NATS libraries beside it, as a user's program does. Made once per folder. */
export function bundleForNode(entry: string, folder: string): Promise<string> {
  const outfile = `${folder}/${entry.split("/").at(-1)?.replace(/ts$/, "mjs")}`;
  const making = made.get(outfile) ?? makeForNode(entry, outfile);
  made.set(outfile, making);
  return making;
}

async function makeForNode(entry: string, outfile: string): Promise<string> {
  await bundle(entry, outfile, { platform: "node", external: ["@nats-io/*"] });
  const modules = new URL("node_modules", `file://${outfile}`);
  await Deno.symlink(`${await installedNats()}/node_modules`, modules, { type: "junction" }).catch((error) => {
    if (!(error instanceof Deno.errors.AlreadyExists)) throw error;
  });
  return outfile;
}

/** Runs esbuild in a folder; rejects with what it printed if it fails. */
export async function esbuild(
  args: readonly string[],
  cwd: string | URL,
  env: Record<string, string> = {},
): Promise<void> {
  const path = esbuildPath(await installed("bundler"));
  const { success, stderr } = await new Deno.Command(path, { args: [...args], cwd, env, stdin: "null" }).output();
  if (!success) throw new Error(`esbuild ${args[0]} failed:\n${new TextDecoder().decode(stderr)}`);
}

/** The compiled executable: the package's own script needs Node. */
function esbuildPath(folder: string): string {
  const { os, arch } = Deno.build;
  const cpu = arch === "aarch64" ? "arm64" : "x64";
  if (os === "windows") return `${folder}/node_modules/@esbuild/win32-${cpu}/esbuild.exe`;
  return `${folder}/node_modules/@esbuild/${os}-${cpu}/bin/esbuild`;
}
