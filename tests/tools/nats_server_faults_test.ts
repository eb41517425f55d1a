import { assert, assertFalse, assertRejects } from "@std/assert";
import { jetstreamManager } from "@nats-io/jetstream";
import { NatsCluster } from "../../tools/nats/cluster.ts";
import { NatsServer } from "../../tools/nats/server.ts";
import { withConnections } from "../helpers/nats.ts";

const UNIX = { ignore: Deno.build.os === "windows" };

async function exists(path: string): Promise<boolean> {
  return await Deno.stat(path).then(() => true, () => false);
}

async function ledCluster(body: (cluster: NatsCluster, leader: NatsServer) => Promise<void>): Promise<void> {
  await using cluster = await NatsCluster.start();
  await withConnections(cluster.urls[0] ?? "", async (nc) => {
    await (await jetstreamManager(nc)).streams.add({ name: "R3", subjects: ["r3"], num_replicas: 3 });
  });
  const leader = await cluster.leader("R3");
  assert(leader);
  await body(cluster, leader);
}

Deno.test("NatsServer.start() reports an error in its configuration", async () => {
  await assertRejects(() => NatsServer.start({ config: "nonsense { a: 1 }" }), Error, "unknown field");
});

Deno.test("NatsServer.stop() removes the store of a server that ended by itself", UNIX, async () => {
  const server = await NatsServer.start();
  Deno.kill(server.pid, "SIGKILL");
  // Waits until the server does not answer.
  while (await server.monitor("varz").then(() => true, () => false));
  await server.stop();
  assertFalse(await exists(server.storeDir));
});

/** Pauses a server. Not all threads stop at the same time: a request in the meantime may still be answered. */
async function pause(server: NatsServer): Promise<void> {
  server.pause();
  for (let tries = 0; tries < 100 && await server.monitor("varz").then(() => true, () => false); tries++);
}

Deno.test("NatsServer.monitor() of a paused server rejects", UNIX, async () => {
  await using server = await NatsServer.start();
  await pause(server);
  await assertRejects(() => server.monitor("varz"), Error, "no answer");
});

Deno.test(
  "NatsCluster.leader() does not name a member that is paused",
  UNIX,
  () =>
    ledCluster(async (cluster, leader) => {
      await pause(leader);
      assert(await cluster.leader("R3") !== leader);
    }),
);

Deno.test("NatsCluster.leader() does not name a member that was killed", () =>
  ledCluster(async (cluster, leader) => {
    await leader.kill();
    assert(await cluster.leader("R3") !== leader);
  }));
