/**
 * The runtimes of the clients.
 *
 * @module
 */

import { bundleForNode } from "../../tools/npm/bundle.ts";
import { nodePath } from "../../tools/npm/packages.ts";
import type { Engine } from "./actor.ts";

const CLIENT = "tests/chaos/client.ts";
const ROOT = new URL("../../", import.meta.url);

/** Deno and a current Node, which is installed if necessary. The bundle for Node is written to `folder`. */
export async function engines(folder: string): Promise<Engine[]> {
  const deno = {
    name: "Deno",
    command: Deno.execPath(),
    args: ["run", "-A", "--no-check", new URL(CLIENT, ROOT).href],
  };
  const node = { name: "Node", command: await nodePath(24), args: [await bundleForNode(CLIENT, folder)] };
  return [deno, node];
}
