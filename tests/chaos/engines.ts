/**
 * The runtimes of the clients.
 *
 * @module
 */

import { bundleForNode } from "../../tools/npm/bundle.ts";
import { nodePath } from "../../tools/npm/packages.ts";
import type { Engine } from "./actor.ts";

const ROOT = new URL("../../", import.meta.url);

/**
 * Deno and a current Node, which is installed if necessary. They run the program `client`; its bundle for Node is
 * written to `folder`.
 */
export async function engines(folder: string, client = "tests/chaos/client.ts"): Promise<Engine[]> {
  const deno = {
    name: "Deno",
    command: Deno.execPath(),
    args: ["run", "-A", "--no-check", new URL(client, ROOT).href],
  };
  const node = { name: "Node", command: await nodePath(24), args: [await bundleForNode(client, folder)] };
  return [deno, node];
}
