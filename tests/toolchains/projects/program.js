// deno-lint-ignore-file no-console
/** Does one piece of work under a lock. Every bundler gets this program as `main.js`. */

import { Locker } from "@x/natslock";

const { process } = globalThis;
const servers = process?.env.NATS_URL ?? "ws://127.0.0.1:8080";

const locker = await Locker.open({ servers, bucket: "locks", ttl: 15_000 });
const lease = await locker.acquire({ timeout: 10_000 });
console.log(`in charge, token ${lease.token}`);
await lease.release();
console.log(`released, leader ${await locker.leader()}`);
await locker.close();
