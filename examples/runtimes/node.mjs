// deno-lint-ignore-file no-console
/**
 * Does one piece of work under a lock, in Node 20 and later. NATS_URL is the websocket address of NATS.
 *
 * In a folder of its own: npx jsr add @x/natslock; npm install ws (Node 20 only); node node.mjs
 */

import process from "node:process";
import { Locker } from "@x/natslock";

const servers = process.env.NATS_URL ?? "ws://127.0.0.1:8080";

const locker = await Locker.open({ servers, bucket: "locks", ttl: 15_000, ...await settings() });
try {
  await locker.run((lease) => {
    console.log(`in charge, token ${lease.token}, Node ${process.versions.node.split(".")[0]}`);
  });
} finally {
  await locker.close();
}

/** Node 20 has no WebSocket of its own. The package ws provides one. */
async function settings() {
  if (globalThis.WebSocket) return {};
  const { WebSocket } = await import("ws");
  const wsFactory = (url) => Promise.resolve({ socket: new WebSocket(url), encrypted: url.startsWith("wss:") });
  return { connection: { wsFactory } };
}
