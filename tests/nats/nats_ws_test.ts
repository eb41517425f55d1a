import { assertEquals } from "@std/assert";
import { connect } from "nats.ws";
import { Locker, newKeyValue } from "@x/natslock";
import { connectionError } from "../helpers/errors.ts";
import { withServer } from "../helpers/nats.ts";

Deno.test("newKeyValue() and Locker work on an existing connection of nats.ws 1.30", () =>
  withServer(async ({ server, nc }) => {
    const old = await connect({ servers: server.url });
    const [a, b] = [
      new Locker({ kv: await newKeyValue(old, "locks", 3000), name: "old" }),
      new Locker({ kv: await newKeyValue(nc, "locks", 3000) }),
    ];
    assertEquals(await a.acquireLead(), true);
    assertEquals(await a.acquireLead(), true);
    assertEquals(await b.acquireLead(), false);
    assertEquals((await b.leader())?.name, "old");
    await a.releaseLead();
    assertEquals([await b.acquireLead(), await a.acquireLead()], [true, false]);
    await old.close();
  }));

Deno.test("Locker on nats.ws 1.30 distinguishes a missing bucket from a closed connection", () =>
  withServer(async ({ server }) => {
    const old = await connect({ servers: server.url });
    const kv = await newKeyValue(old, "locks", 3000);
    const locker = new Locker({ kv });
    await kv.destroy();
    assertEquals((await connectionError(locker.acquireLead())).why, "bucket_missing");
    await newKeyValue(old, "locks", 3000);
    assertEquals(await locker.acquireLead(), true);
    await old.close();
    assertEquals((await connectionError(locker.acquireLead())).why, "closed");
  }));

Deno.test("Locker works with a KV handle that nats.ws 1.30 created", () =>
  withServer(async ({ server }) => {
    const old = await connect({ servers: server.url });
    const kv = await old.jetstream().views.kv("plain", { ttl: 3000 });
    const locker = new Locker({ kv: kv as unknown as Locker["kv"] });
    assertEquals(await locker.acquireLead(), true);
    await old.close();
  }));
