// deno-lint-ignore-file no-console
/**
 * Leader election with probes, in Deno: deno run -A examples/health/deno.ts
 *
 * NATS_URL is the websocket address of NATS, PORT the port of the probes.
 *
 * @module
 */

import { Locker } from "@x/natslock";
import { answer } from "./probes.js";

const servers = Deno.env.get("NATS_URL") ?? "ws://127.0.0.1:8080";
await using locker = await Locker.open({ servers, bucket: "locks", ttl: 15_000, maxHold: 3_600_000 });

const server = Deno.serve({
  port: Number(Deno.env.get("PORT") ?? 8081),
  onListen: ({ port }) => console.log(`probes at http://127.0.0.1:${port}/readyz and /livez`),
}, (request) => {
  const { status, body } = answer(new URL(request.url).pathname, locker.health());
  return new Response(body, { status, headers: { "content-type": "application/json" } });
});

const stop = new AbortController();
Deno.addSignalListener("SIGTERM", () => stop.abort());
await locker.lead(({ token, signal }) => {
  console.log(`leads, token ${token}`);
  return new Promise((resolve) => signal.addEventListener("abort", resolve));
}, { signal: stop.signal });
await server.shutdown();
