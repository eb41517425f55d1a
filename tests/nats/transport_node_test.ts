// This file uses no helper that connects by websocket; the last test shows why.
import { assert, assertEquals } from "@std/assert";
import { wsconnect } from "@nats-io/nats-core";
import { connect } from "@nats-io/transport-node";
import { Locker, newKeyValue } from "@x/natslock";
import { NatsServer } from "../../tools/nats/server.ts";
import { connectionError } from "../helpers/errors.ts";
import { retried } from "../helpers/retried.ts";
import { pause } from "../runtimes/expect.ts";

type Tcp = Awaited<ReturnType<typeof connect>>;

/** Runs a body with a server and a function that opens TCP connections. They are closed at the end. */
async function withTcp(body: (server: NatsServer, tcp: () => Promise<Tcp>) => Promise<void>): Promise<void> {
  await using server = await NatsServer.start();
  const opened: Tcp[] = [];
  const tcp = async () => {
    const nc = await connect({ port: server.port, maxReconnectAttempts: -1, reconnectTimeWait: 50 });
    opened.push(nc);
    return nc;
  };
  try {
    await body(server, tcp);
  } finally {
    await Promise.all(opened.map((nc) => nc.close()));
  }
}

Deno.test("Lockers on TCP connections of transport-node acquire, are refused, wait by push and release", () =>
  withTcp(async (_, tcp) => {
    await using a = await Locker.open({ nc: await tcp(), bucket: "locks", ttl: 30_000 });
    await using b = await Locker.open({ nc: await tcp(), bucket: "locks", ttl: 30_000 });
    const lease = await a.acquire();
    assertEquals(await b.tryAcquire(), null);
    const waiting = b.acquire({ timeout: 10_000 });
    assertEquals((await b.leader())?.holder, a.id);
    await lease.release();
    assert((await waiting).token > lease.token);
  }));

Deno.test("Locker on a TCP connection of transport-node keeps its lease over a restart of the server", () =>
  withTcp(async (server, tcp) => {
    await using locker = new Locker({ kv: await newKeyValue(await tcp(), "locks", 15_000) });
    const lease = await locker.acquire();
    await server.restart();
    const again = await retried(() => locker.leader());
    assertEquals([again?.token, lease.held], [lease.token, true]);
  }));

Deno.test("Locker on a TCP connection of transport-node distinguishes a missing bucket from a closed connection", () =>
  withTcp(async (_, tcp) => {
    const nc = await tcp();
    const kv = await newKeyValue(nc, "locks", 3000);
    const locker = new Locker({ kv });
    await kv.destroy();
    assertEquals((await connectionError(locker.acquireLead())).why, "bucket_missing");
    await nc.close();
    assertEquals((await connectionError(locker.acquireLead())).why, "closed");
  }));

Deno.test("nats-core reconnects all connections of a process by the latest transport, so TCP and websocket do not mix", () =>
  withTcp(async (server, tcp) => {
    const first = await tcp();
    const second = await wsconnect({ servers: server.url, maxReconnectAttempts: -1, reconnectTimeWait: 50 });
    await server.restart();
    await retried(() => second.rtt());
    // The reconnect hangs: it opens a websocket to a TCP port. By TCP it would take less than a tenth of this time.
    await pause(1000);
    assertEquals(await first.rtt().catch(() => "away"), "away");
    await second.close();
  }));
