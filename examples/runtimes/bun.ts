// deno-lint-ignore-file no-console
/**
 * Does one piece of work under a lock, in Bun. NATS_URL is the websocket address of NATS.
 *
 * In a folder of its own: bunx jsr add @x/natslock; bun run bun.ts
 *
 * @module
 */

import process from "node:process";
import { Locker } from "@x/natslock";

const servers = process.env.NATS_URL ?? "ws://127.0.0.1:8080";

await using locker = await Locker.open({ servers, bucket: "locks", ttl: 15_000 });
await locker.run((lease) => console.log(`in charge, token ${lease.token}, Bun ${process.versions.bun?.split(".")[0]}`));
