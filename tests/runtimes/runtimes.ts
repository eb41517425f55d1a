/** The runtimes that natslock is run in, and how an order gets there. */

import { Browser } from "./browser.ts";
import { bundle, bundleForNode } from "./bundle.ts";
import { bunPath, installed, nodePath } from "./packages.ts";
import type { Order } from "./program.ts";
import { run, type Running } from "./running.ts";

/** One runtime. */
export interface Runtime {
  /** Its name in the README. */
  readonly name: string;
  /** What a user has to know to connect from it. */
  readonly connects: string;
  /** Installs and bundles what is needed. */
  prepare(kit: Kit): Promise<(order: Order) => Promise<Running>>;
}

/** A folder for bundles, and one browser for all that ask for it; both go at the end. */
export class Kit {
  readonly folder: string = Deno.makeTempDirSync({ prefix: "natslock-runtimes-" });
  #browser: Promise<Browser> | null = null;

  /** The browser. */
  browser(): Promise<Browser> {
    this.#browser ??= Browser.launch(this.folder);
    return this.#browser;
  }

  /** Closes the browser and removes the folder. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#browser?.then((browser) => browser.close(), () => {});
    await Deno.remove(this.folder, { recursive: true });
  }
}

const NATIVE = "`Locker.open({ servers })`";
const RUN_NODE = "tests/runtimes/run_node.ts";

/** All of them, in the order of the README. */
export const RUNTIMES: readonly Runtime[] = [
  { name: "Deno 2", connects: NATIVE, prepare: deno },
  { name: "Bun 1", connects: NATIVE, prepare: bun },
  { name: "Node 20", connects: "`connection: { wsFactory }` with the package `ws`", prepare: node20 },
  { name: "Node 24", connects: NATIVE, prepare: node24 },
  { name: "Chromium, page", connects: NATIVE, prepare: (kit) => tab(kit, "page") },
  { name: "Chromium, dedicated worker", connects: NATIVE, prepare: (kit) => tab(kit, "worker") },
  { name: "workerd (Cloudflare Workers)", connects: `${NATIVE} within a request or a Durable Object`, prepare: workerd },
];

type Starter = (order: Order) => Promise<Running>;

function starter(...command: string[]): Starter {
  return (order) => Promise.resolve(run([...command, JSON.stringify(order)]));
}

function deno(): Promise<Starter> {
  const program = new URL("run_deno.ts", import.meta.url).pathname;
  return Promise.resolve(starter(Deno.execPath(), "run", "-A", "--no-check", program));
}

async function bun({ folder }: Kit): Promise<Starter> {
  return starter(await bunPath(), "run", await bundleForNode(RUN_NODE, folder));
}

async function node24({ folder }: Kit): Promise<Starter> {
  return starter(await nodePath(24), await bundleForNode(RUN_NODE, folder));
}

async function node20({ folder }: Kit): Promise<Starter> {
  const socket = `file://${await installed("socket")}/node_modules/ws/wrapper.mjs`;
  const [node, program] = [await nodePath(20), await bundleForNode(RUN_NODE, folder)];
  return (order) => Promise.resolve(run([node, program, JSON.stringify(order), socket]));
}

async function tab(kit: Kit, where: "page" | "worker"): Promise<Starter> {
  const browser = await kit.browser();
  return (order) => browser.open(order, where);
}

async function workerd({ folder }: Kit): Promise<Starter> {
  const program = `${folder}/run_workerd.mjs`;
  await bundle("tests/runtimes/run_workerd.ts", program, { platform: "browser" });
  const library = `file://${await installed("workerd")}/node_modules/miniflare/dist/src/index.js`;
  const command = [await nodePath(24), await bundleForNode("tests/runtimes/host_workerd.ts", folder), library, program];
  return (order) => Promise.resolve(run([...command, JSON.stringify(order)], "close"));
}
