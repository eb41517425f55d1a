/** Bundles the source for runtimes that cannot load it directly. */

import { installed, installedNats } from "./packages.ts";

/** Options of a bundle. */
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

/** The used part of esbuild's metafile: the size of each input file in a bundle. */
export interface BundleAccount {
  readonly outputs: Readonly<Record<string, { readonly inputs: Record<string, { readonly bytesInOutput: number }> }>>;
}

/** Syntax that every supported runtime has. Some of them do not have `using` yet. */
const SYNTAX = "es2022";
const ROOT = new URL("../../", import.meta.url);

/** Bundles `entry`, a path from the root of this repository, into `outfile`. Returns which files are in it. */
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
    ...["", "/testing", "/otel"].map((name) => `--alias:@x/natslock${name}=./${name ? `src${name}.ts` : "mod.ts"}`),
    ...external.map((name) => `--external:${name}`),
    ...minify ? ["--minify"] : [],
  ];
  await esbuild(args, ROOT, { NODE_PATH: `${await installedNats()}/node_modules` });
  const account = JSON.parse(await Deno.readTextFile(meta)) as BundleAccount;
  await Deno.remove(meta);
  return account;
}

const made = new Map<string, Promise<string>>();

/**
 * Bundles a module for Node or Bun. It finds the NATS packages beside it, like a user's program. Bundles once per
 * folder.
 */
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

/** Runs esbuild in a folder. Rejects with its output if it fails. */
export async function esbuild(
  args: readonly string[],
  cwd: string | URL,
  env: Record<string, string> = {},
): Promise<void> {
  const path = esbuildPath(await installed("bundler"));
  const { success, stderr } = await new Deno.Command(path, { args: [...args], cwd, env, stdin: "null" }).output();
  if (!success) throw new Error(`esbuild ${args[0]} failed:\n${new TextDecoder().decode(stderr)}`);
}

/** Path of the compiled executable. The script of the package needs Node. */
function esbuildPath(folder: string): string {
  const { os, arch } = Deno.build;
  const cpu = arch === "aarch64" ? "arm64" : "x64";
  if (os === "windows") return `${folder}/node_modules/@esbuild/win32-${cpu}/esbuild.exe`;
  return `${folder}/node_modules/@esbuild/${os}-${cpu}/bin/esbuild`;
}
