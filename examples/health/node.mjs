// deno-lint-ignore-file no-console
/**
 * Leader election with probes, in Node 22 and later: node node.mjs, in a folder with probes.js and the package.
 *
 * NATS_URL is the websocket address of NATS, PORT the port of the probes.
 */

import { createServer } from "node:http";
import process from "node:process";
import { Locker } from "@x/natslock";
import { answer } from "./probes.js";

const servers = process.env.NATS_URL ?? "ws://127.0.0.1:8080";
const locker = await Locker.open({ servers, bucket: "locks", ttl: 15_000, maxHold: 3_600_000 });

const server = createServer(({ url = "" }, response) => {
  const { status, body } = answer(url, locker.health());
  response.writeHead(status, { "content-type": "application/json" }).end(body);
});
server.listen(Number(process.env.PORT ?? 8081), () => {
  console.log(`probes at http://127.0.0.1:${server.address().port}/readyz and /livez`);
});

const stop = new AbortController();
process.on("SIGTERM", () => stop.abort());
await locker.lead(({ token, signal }) => {
  console.log(`leads, token ${token}`);
  return new Promise((resolve) => signal.addEventListener("abort", resolve));
}, { signal: stop.signal });
server.close();
server.closeIdleConnections();
await locker.close();
