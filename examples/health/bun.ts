// deno-lint-ignore-file no-console
/**
 * Leader election with probes, in Bun: bun run bun.ts, in a folder with probes.js and the package.
 *
 * NATS_URL is the websocket address of NATS, PORT the port of the probes.
 *
 * @module
 */

import process from "node:process";
import { Locker } from "@x/natslock";
import { answer } from "./probes.js";

/** The part of Bun's own types that this file needs. In a project of Bun, its types are there already. */
declare const Bun: {
  serve(options: { port: number; fetch: (request: Request) => Response }): { port: number; stop(): Promise<void> };
};

const servers = process.env.NATS_URL ?? "ws://127.0.0.1:8080";
await using locker = await Locker.open({ servers, bucket: "locks", ttl: 15_000, maxHold: 3_600_000 });

const server = Bun.serve({
  port: Number(process.env.PORT ?? 8081),
  fetch: (request) => {
    const { status, body } = answer(new URL(request.url).pathname, locker.health());
    return new Response(body, { status, headers: { "content-type": "application/json" } });
  },
});
console.log(`probes at http://127.0.0.1:${server.port}/readyz and /livez`);

const stop = new AbortController();
process.on("SIGTERM", () => stop.abort());
await locker.lead(({ token, signal }) => {
  console.log(`leads, token ${token}`);
  return new Promise((resolve) => signal.addEventListener("abort", resolve));
}, { signal: stop.signal });
await server.stop();
