import { assert, assertEquals } from "@std/assert";
import { TimeoutError } from "@nats-io/nats-core";
import { Locker, newKeyValue, type OpenOptions } from "@x/natslock";
import { TimeoutError as OtherTimeoutError, wsconnect as connectByOther } from "nats-core-3.1";
import { NatsServer } from "../../tools/nats/server.ts";
import { freePorts } from "../../tools/nats/process.ts";
import { connectionError } from "../helpers/errors.ts";
import { connectionOf, withServer } from "../helpers/nats.ts";
import { Proxy } from "../helpers/proxy.ts";
import { reconnects } from "../helpers/reconnects.ts";
import { within } from "../runtimes/expect.ts";

const PLACE = { bucket: "locks", ttl: 3000 } as const;
/** In the order given: the client would shuffle them. */
const INORDER: OpenOptions["connection"] = { noRandomize: true };

Deno.test("Locker.open() goes on to the next server where the first one is dead", () =>
  withServer(async ({ server }) => {
    const dead = `ws://127.0.0.1:${freePorts(1)[0]}`;
    await using locker = await Locker.open({ ...PLACE, servers: [dead, server.url], connection: INORDER });
    assertEquals(await locker.acquireLead(), true);
  }));

Deno.test("Locker.open() goes on to the next server where the first one is silent", () =>
  withServer(async ({ server }) => {
    await using proxy = new Proxy(server.wsPort);
    proxy.forwardAnswers = false;
    const connection = { ...INORDER, timeout: 500 };
    await using locker = await Locker.open({ ...PLACE, servers: [proxy.url, server.url], connection });
    assertEquals(await locker.acquireLead(), true);
  }));

Deno.test("Locker.open() never gives up reconnecting, unless told to by the user's own settings", () =>
  withServer(async ({ server }) => {
    const connection = { reconnectTimeWait: 20, reconnectJitter: 0 };
    await using patient = await Locker.open({ ...PLACE, servers: server.url, connection });
    const impatience = { ...connection, maxReconnectAttempts: 3 };
    await using impatient = await Locker.open({ ...PLACE, servers: server.url, connection: impatience });
    // The client by itself would give up after ten.
    const both = Promise.all([reconnects(connectionOf(patient), 20), connectionOf(impatient).closed()]);
    await server.kill();
    await within(15_000, "twenty tries of the one, the end of the other", both);
    assertEquals((await connectionError(impatient.acquireLead())).why, "closed");
    await server.restart();
    const lease = await patient.acquire({ timeout: 10_000 });
    assert(lease.held);
  }));

Deno.test("Locker.open() has a connection given up that went silent, and made anew, without waiting for minutes", () =>
  withServer(async ({ server }) => {
    await using proxy = new Proxy(server.wsPort);
    await using locker = await Locker.open({ ...PLACE, servers: proxy.url });
    const statuses = connectionOf(locker).status();
    proxy.forwardRequests = proxy.forwardAnswers = false;
    const seen = (async () => {
      for await (const { type } of statuses) if (type === "staleConnection") return type;
      return "the end of the connection";
    })();
    // A ping each second, of which two may be missed; the client by itself would take six minutes.
    assertEquals(await within(15_000, "a stale connection", seen), "staleConnection");
    proxy.forwardRequests = proxy.forwardAnswers = true;
    assert((await locker.acquire({ timeout: 15_000 })).held);
  }));

Deno.test("Locker.open() has another server taken where the one it is connected to goes silent", () =>
  withServer(async ({ server }) => {
    await using proxy = new Proxy(server.wsPort);
    const servers = [proxy.url, server.url];
    await using locker = await Locker.open({ ...PLACE, servers, connection: INORDER });
    proxy.forwardRequests = proxy.forwardAnswers = false;
    // Two pings are missed, each of a second; the end of the socket is waited for a second more.
    assert((await locker.acquire({ timeout: 15_000 })).held);
  }));

Deno.test("Locker.open() passes credentials on, and says so when they are refused", async () => {
  await using server = await NatsServer.start({ config: `authorization { user: "ann", password: "s3cret" }` });
  const place = { ...PLACE, servers: server.url };
  await using locker = await Locker.open({ ...place, connection: { user: "ann", pass: "s3cret" } });
  assertEquals(await locker.acquireLead(), true);
  const refused = await connectionError(Locker.open({ ...place, connection: { user: "ann", pass: "wrong" } }));
  assertEquals([refused.why, refused.transient, refused.message.includes("wrong")], ["denied", false, false]);
});

Deno.test("Lockers work on a connection of another copy of nats-core, and share a lock with ours", () =>
  withServer(async ({ server, nc }) => {
    const other = await connectByOther({ servers: server.url });
    try {
      await using a = new Locker({ kv: await newKeyValue(other, "locks", 3000) });
      await using b = new Locker({ kv: await newKeyValue(nc, "locks", 3000) });
      const lease = await a.acquire({ timeout: 5000 });
      assertEquals(await b.tryAcquire(), null);
      const waiting = a.acquire({ timeout: 5000 });
      await lease.release();
      const next = await waiting;
      const handed = b.acquire({ timeout: 5000 });
      await next.release();
      assert((await handed).held);
    } finally {
      await other.close();
    }
  }));

Deno.test("What another copy of nats-core fails with is told by name, not by class", () =>
  withServer(async ({ server }) => {
    await using proxy = new Proxy(server.wsPort);
    const other = await connectByOther({ servers: proxy.url });
    try {
      const kv = await newKeyValue(other, "locks", 3000);
      await using locker = new Locker({ kv });
      assertEquals(await locker.acquireLead(), true);
      // A server that is stopped may still answer what it had read.
      proxy.forwardRequests = false;
      const { why, cause } = await within(5000, "a time-out", connectionError(locker.acquireLead()));
      proxy.forwardRequests = true;
      assertEquals([why, causesOf(cause).some(({ name }) => name === "TimeoutError")], ["timeout", true]);
      // The case is the one that is meant: the two copies do not share their classes.
      assert(causesOf(cause).some((error) => error instanceof OtherTimeoutError));
      assert(causesOf(cause).every((error) => !(error instanceof TimeoutError)));
      await kv.destroy();
      assertEquals((await connectionError(locker.leader())).why, "bucket_missing");
      await other.close();
      assertEquals((await connectionError(locker.leader())).why, "closed");
    } finally {
      proxy.forwardRequests = true;
      await other.close();
    }
  }));

function causesOf(error: unknown): Error[] {
  return error instanceof Error ? [error, ...causesOf(error.cause)] : [];
}
