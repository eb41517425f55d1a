/** Runs an order in Node or Bun. The second argument is optional: a module that exports a `WebSocket`. */

import process from "node:process";
import type { SocketOf } from "./bench.ts";
import { type Order, perform } from "./program.ts";

const [order = "null", socketModule] = process.argv.slice(2);

// deno-lint-ignore no-console
await perform(JSON.parse(order) as Order, (told) => console.log(JSON.stringify(told)), await socketOf());
process.exit(0);

async function socketOf(): Promise<SocketOf | undefined> {
  if (!socketModule) return undefined;
  const { WebSocket } = await import(socketModule) as { readonly WebSocket: new (url: string) => globalThis.WebSocket };
  return (url) => new WebSocket(url);
}
