/** The runtimes that run the suite, and how to start an order in each. */

import { guard, unguard } from "../../tools/nats/process.ts";
import { Browser } from "./browser.ts";
import { bundle, bundleForNode } from "../../tools/npm/bundle.ts";
import { chromiumPath } from "../helpers/chromium.ts";
import { bunPath, installed, installedNats, nodePath } from "../../tools/npm/packages.ts";
import type { Order } from "./program.ts";
import { run, type Running } from "./running.ts";

/** One runtime. */
export interface Runtime {
  /** Its name in the table. */
  readonly name: string;
  /** How to connect from it, for the table. */
  readonly connects: string;
  /** Installs what it needs. Rejects with the reason if that is not possible. */
  install(): Promise<unknown>;
  /** Starts an order. `install()` must have run before. */
  start(order: Order, kit: Kit): Promise<Running>;
}

/** A folder for bundles, and one shared browser. Both are removed at the end. */
export class Kit {
  readonly folder: string = Deno.makeTempDirSync({ prefix: "natslock-runtimes-" });
  #browser: Promise<Browser> | null = null;

  constructor() {
    guard(this);
  }

  /** The browser. It is started at the first call. */
  browser(): Promise<Browser> {
    this.#browser ??= Browser.launch(this.folder);
    return this.#browser;
  }

  /** Closes the browser and removes the folder. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#browser?.then((browser) => browser.close(), () => {});
    unguard(this);
    this.destroy();
  }

  /** Removes the folder. The processes that use it end by themselves. */
  destroy(): void {
    try {
      Deno.removeSync(this.folder, { recursive: true });
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    }
  }
}

const NATIVE = "`Locker.open({ servers })`";
const RUN_NODE = "tests/runtimes/run_node.ts";
const HERE = new URL(".", import.meta.url).pathname;

const bundler = () => Promise.all([installed("bundler"), installedNats()]);
const chromium = () => Promise.all([bundler(), nodePath(24), installed("browser"), chromiumPath()]);

/** All runtimes, in the order of the table. */
export const RUNTIMES: readonly Runtime[] = [
  {
    name: "Deno 2",
    connects: NATIVE,
    install: () => Promise.resolve(),
    start: (order) => begin(order, [Deno.execPath(), "run", "-A", "--no-check", `${HERE}run_deno.ts`]),
  },
  {
    name: "Bun 1",
    connects: NATIVE,
    install: () => Promise.all([bundler(), bunPath()]),
    start: async (order, { folder }) => begin(order, [await bunPath(), "run", await bundleForNode(RUN_NODE, folder)]),
  },
  {
    name: "Node 20",
    connects: "`connection: { wsFactory }`, with the package `ws`",
    install: () => Promise.all([bundler(), nodePath(20), installed("socket")]),
    start: async (order, { folder }) => {
      const socket = `file://${await installed("socket")}/node_modules/ws/wrapper.mjs`;
      return run([await nodePath(20), await bundleForNode(RUN_NODE, folder), JSON.stringify(order), socket]);
    },
  },
  {
    name: "Node 24",
    connects: NATIVE,
    install: () => Promise.all([bundler(), nodePath(24)]),
    start: async (order, { folder }) => begin(order, [await nodePath(24), await bundleForNode(RUN_NODE, folder)]),
  },
  {
    name: "Chromium, page",
    connects: NATIVE,
    install: chromium,
    start: async (order, kit) => (await kit.browser()).open(order, "page"),
  },
  {
    name: "Chromium, dedicated worker",
    connects: NATIVE,
    install: chromium,
    start: async (order, kit) => (await kit.browser()).open(order, "worker"),
  },
  {
    name: "workerd (Cloudflare Workers)",
    connects: `${NATIVE}, within one request`,
    install: () => Promise.all([bundler(), nodePath(24), installed("workerd")]),
    start: startWorkerd,
  },
];

function begin(order: Order, command: readonly string[]): Promise<Running> {
  return Promise.resolve(run([...command, JSON.stringify(order)]));
}

async function startWorkerd(order: Order, { folder }: Kit): Promise<Running> {
  const program = `${folder}/run_workerd.mjs`;
  await bundle("tests/runtimes/run_workerd.ts", program, { platform: "browser" });
  const library = `file://${await installed("workerd")}/node_modules/miniflare/dist/src/index.js`;
  const host = await bundleForNode("tests/runtimes/host_workerd.ts", folder);
  return run([await nodePath(24), host, library, program, JSON.stringify(order)], "close");
}
