/**
 * What clients run on.
 *
 * @module
 */

import type { Engine } from "./actor.ts";

const CLIENT = new URL("./client.ts", import.meta.url);

/** The Deno that runs this. */
export function deno(): Engine {
  return { name: "Deno", command: Deno.execPath(), args: ["run", "-A", "--no-check", CLIENT.href] };
}
