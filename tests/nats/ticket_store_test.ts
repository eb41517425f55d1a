/** Tests of KvTickets as a store with queues: the contract, on one server and on three. */

import { headers, type NatsConnection } from "@nats-io/nats-core";
import { ticketsOf } from "../../src/nats/kv_tickets.ts";
import { encodeHeaders } from "../../src/store/record.ts";
import { NatsCluster } from "../../tools/nats/cluster.ts";
import { newKeyValue, withConnections, withServer } from "../helpers/nats.ts";
import { CONTRACT, testTicketStore } from "../helpers/ticket_contract.ts";
import { led } from "../helpers/led.ts";
import { type TicketStoreUnderTest, TTL } from "../helpers/ticket_lab.ts";

/** How late a server may remove an expired message: up to 254 ms were measured, and the machine may add some. */
const LAG = 350;

/** Returns the store of a new bucket. */
async function storeUnderTest(nc: NatsConnection, replicas: 1 | 3): Promise<TicketStoreUnderTest> {
  const kv = await newKeyValue(nc, "queues", TTL, { rollups: false, replicas, storage: "memory" });
  const store = await led(ticketsOf(kv));
  return {
    store,
    lags: replicas > 1,
    pass: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
    expire: (ms) => new Promise((resolve) => setTimeout(resolve, ms + LAG)),
    put: async (key, what) => {
      const head = headers();
      for (const [name, value] of what === "foreign" ? [] : encodeHeaders(what)) head.set(name, value);
      nc.publish(`$KV.queues.${key}`, what === "foreign" ? "x" : what.holder, { headers: head });
      await nc.flush();
    },
    deleteBucket: async () => void await kv.destroy(),
  };
}

testTicketStore("KvTickets", (body) => withServer(async ({ nc }) => await body(await storeUnderTest(nc, 1))));

Deno.test("KvTickets with three replicas keeps the contract of a store with queues", async (test) => {
  await using cluster = await NatsCluster.start();
  for (const [title, body] of CONTRACT) {
    await test.step(title, () =>
      withConnections(cluster.urls[0] ?? "", async (nc) => {
        const under = await storeUnderTest(nc, 3);
        await body(under).finally(() => under.deleteBucket().catch(() => {}));
      }));
  }
});
