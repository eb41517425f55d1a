import { LockManager } from "@x/natslock";
import { NatsServer } from "../../tools/nats/server.ts";
import { type OpenClients, scenarioTests } from "./lock_manager_scenarios.ts";
import type { LocksLike } from "./locks_like.ts";

let server: NatsServer | null = null;
let buckets = 0;

Deno.test.beforeAll(async () => {
  server = await NatsServer.start();
});

Deno.test.afterAll(async () => {
  await server?.stop();
});

async function open(count: number): Promise<OpenClients> {
  const bucket = `scenario-${buckets++}`;
  const about = { servers: server?.url ?? "", bucket, ttl: 3000, maxHold: 60_000 };
  const managers: LockManager[] = [];
  for (let left = count; left > 0; left--) managers.push(await LockManager.open(about));
  return {
    clients: managers as unknown as readonly LocksLike[],
    close: async () => void await Promise.all(managers.map((manager) => manager.close())),
  };
}

scenarioTests("LockManager on a server", open);
