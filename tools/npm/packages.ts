/** The npm packages that the tests of other runtimes install, each in one version. */

import { runs } from "../programs.ts";
import { npmFolder, type Pins } from "./install.ts";

/** Versions of Node.js: the oldest supported one, the oldest one with `require()` of modules, and a current one. */
const NODES = { 20: "20.20.2", 22: "22.23.3", 24: "24.21.0" } as const;

/** The newest versions of the same lines that npm has for Macs with Apple processors. */
const NODES_OF_APPLE: Readonly<Record<keyof typeof NODES, string>> = { 20: "20.18.1", 22: "22.23.2", 24: "24.0.0" };

const ESBUILD = { esbuild: "0.28.2" } as const;

/** Versions by package, in sets that are installed together. */
export const PINS = {
  bundler: ESBUILD,
  bun: { bun: "1.4.5" },
  jsr: { jsr: "0.14.3" },
  site: { vitepress: "1.6.4" },
  socket: { ws: "8.23.0" },
  workerd: { miniflare: "4.20260730.0" },
  browser: { "playwright-core": "1.65.1" },
  oldCompiler: { typescript: "5.9.3" },
  // What users build and test with. Their projects are in tests/toolchains/projects.
  toolchains: {
    ...ESBUILD,
    "@rollup/plugin-commonjs": "29.0.3",
    "@rollup/plugin-node-resolve": "16.0.3",
    "@types/node": "24.19.2",
    jest: "30.5.2",
    rollup: "4.68.8",
    typescript: "7.0.2",
    vite: "8.3.8",
    vitest: "4.1.12",
    webpack: "5.113.0",
    "webpack-cli": "7.3.1",
  },
} as const satisfies Record<string, Pins>;

/** The folder of a set of {@linkcode PINS}. */
export function installed(set: keyof typeof PINS): Promise<string> {
  return npmFolder(set, PINS[set]);
}

/** The folder of the NATS packages. */
export async function installedNats(): Promise<string> {
  return await npmFolder("nats", await natsPins());
}

/** The dependencies of `src/`, in the versions of `deno.lock`. */
async function natsPins(): Promise<Pins> {
  const lock = JSON.parse(await Deno.readTextFile(new URL("../../deno.lock", import.meta.url))) as {
    readonly specifiers: Record<string, string>;
  };
  const found = Object.entries(lock.specifiers).flatMap(([specifier, version]) => {
    const name = /^npm:(@nats-io\/(?:nats-core|jetstream|kv))@/.exec(specifier)?.[1];
    return name ? [[name, version] as const] : [];
  });
  return Object.fromEntries(found);
}

/** Path of a Node.js executable from npm. Its packages contain it without an install script. */
export async function nodePath(line: keyof typeof NODES): Promise<string> {
  const { os, arch } = Deno.build;
  const cpu = arch === "aarch64" ? "arm64" : "x64";
  const isApple = os === "darwin" && cpu === "arm64";
  const name = `${isApple ? "node-bin" : "node"}-${os === "windows" ? "win" : os}-${cpu}`;
  const folder = await npmFolder(`node${line}`, { [name]: (isApple ? NODES_OF_APPLE : NODES)[line] });
  return `${folder}/node_modules/${name}/bin/node${os === "windows" ? ".exe" : ""}`;
}

/** Path of the Bun executable. */
export async function bunPath(): Promise<string> {
  const folder = `${await installed("bun")}/node_modules/@oven`;
  // npm installs all builds that fit the processor. The one with the shortest name requires the newest processor
  // features.
  for (const { name } of [...Deno.readDirSync(folder)].sort((a, b) => a.name.length - b.name.length)) {
    const path = `${folder}/${name}/bin/bun${Deno.build.os === "windows" ? ".exe" : ""}`;
    if (await runs(path)) return path;
  }
  throw new Error(`None of the Bun executables in "${folder}" runs on this machine`);
}
