import { assert, assertEquals } from "@std/assert";
import { type ConnectionOptions, TimeoutError } from "@nats-io/nats-core";
import { Locker, newKeyValue, type OpenOptions } from "@x/natslock";
import { TimeoutError as OtherTimeoutError, wsconnect as connectByOther } from "nats-core-3.1";
import { NatsServer } from "../../tools/nats/server.ts";
import { freePorts } from "../../tools/nats/ports.ts";
import { connectionError } from "../helpers/errors.ts";
import { connectionOf, withServer } from "../helpers/nats.ts";
import { Proxy } from "../helpers/proxy.ts";
import { reconnects } from "./reconnects.ts";
import { within } from "../runtimes/expect.ts";

const PLACE = { bucket: "locks", ttl: 3000 } as const;
/** Tries servers in the given order: by default the client shuffles them. */
const INORDER: OpenOptions["connection"] = { noRandomize: true };

Deno.test("Locker.open() tries the next server if the first one is dead", () =>
  withServer(async ({ server }) => {
    const dead = `ws://127.0.0.1:${freePorts(1)[0]}`;
    await using locker = await Locker.open({ ...PLACE, servers: [dead, server.url], connection: INORDER });
    assertEquals(await locker.acquireLead(), true);
  }));

Deno.test("Locker.open() tries the next server if the first one is silent", () =>
  withServer(async ({ server }) => {
    await using proxy = new Proxy(server.wsPort);
    proxy.forwardAnswers = false;
    const connection = { ...INORDER, timeout: 500 };
    await using locker = await Locker.open({ ...PLACE, servers: [proxy.url, server.url], connection });
    assertEquals(await locker.acquireLead(), true);
  }));

Deno.test("Locker.open() reconnects without limit, unless the user's settings have a limit", () =>
  withServer(async ({ server }) => {
    const connection = { reconnectTimeWait: 20, reconnectJitter: 0 };
    await using patient = await Locker.open({ ...PLACE, servers: server.url, connection });
    const impatience = { ...connection, maxReconnectAttempts: 3 };
    await using impatient = await Locker.open({ ...PLACE, servers: server.url, connection: impatience });
    // By default the client gives up after ten tries.
    const both = Promise.all([reconnects(connectionOf(patient), 20), connectionOf(impatient).closed()]);
    await server.kill();
    await within(15_000, "twenty tries of one connection and the end of the other", both);
    assertEquals((await connectionError(impatient.acquireLead())).why, "closed");
    await server.restart();
    const lease = await patient.acquire({ timeout: 10_000 });
    assert(lease.held);
  }));

Deno.test("Locker.open() lets the client record no stack trace for each request, unless the user's settings ask for it", () =>
  withServer(async ({ server }) => {
    for (const [connection, wanted] of [[{}, true], [{ noAsyncTraces: false }, false]] as const) {
      await using locker = await Locker.open({ ...PLACE, servers: server.url, connection });
      const { options } = (connectionOf(locker) as unknown as { protocol: { options: ConnectionOptions } }).protocol;
      assertEquals(options.noAsyncTraces, wanted);
    }
  }));

Deno.test("Locker.open() makes a connection that gives up a silent server within seconds and reconnects", () =>
  withServer(async ({ server }) => {
    await using proxy = new Proxy(server.wsPort);
    await using locker = await Locker.open({ ...PLACE, servers: proxy.url });
    const statuses = connectionOf(locker).status();
    proxy.forwardRequests = proxy.forwardAnswers = false;
    const seen = (async () => {
      for await (const { type } of statuses) if (type === "staleConnection") return type;
      return "the end of the connection";
    })();
    // Pings are sent each second, and two may be missed. By default the client would take six minutes.
    assertEquals(await within(15_000, "a stale connection", seen), "staleConnection");
    proxy.forwardRequests = proxy.forwardAnswers = true;
    assert((await locker.acquire({ timeout: 15_000 })).held);
  }));

Deno.test("Locker.open() makes a connection that changes to another server if its server goes silent", () =>
  withServer(async ({ server }) => {
    await using proxy = new Proxy(server.wsPort);
    const servers = [proxy.url, server.url];
    await using locker = await Locker.open({ ...PLACE, servers, connection: INORDER });
    proxy.forwardRequests = proxy.forwardAnswers = false;
    // Two pings are missed, one second each. The wait for the end of the socket takes one second more.
    assert((await locker.acquire({ timeout: 15_000 })).held);
  }));

Deno.test("Locker.open() sends the credentials, and reports when they are refused", async () => {
  await using server = await NatsServer.start({ config: `authorization { user: "ann", password: "s3cret" }` });
  const place = { ...PLACE, servers: server.url };
  await using locker = await Locker.open({ ...place, connection: { user: "ann", pass: "s3cret" } });
  assertEquals(await locker.acquireLead(), true);
  const refused = await connectionError(Locker.open({ ...place, connection: { user: "ann", pass: "wrong" } }));
  assertEquals([refused.why, refused.transient, refused.message.includes("wrong")], ["denied", false, false]);
});

Deno.test("Lockers work on a connection of another copy of nats-core, and compete with others for a lock", () =>
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

Deno.test("Errors of another copy of nats-core are recognized by name, not by class", () =>
  withServer(async ({ server }) => {
    await using proxy = new Proxy(server.wsPort);
    const other = await connectByOther({ servers: proxy.url });
    try {
      const kv = await newKeyValue(other, "locks", 3000);
      await using locker = new Locker({ kv });
      assertEquals(await locker.acquireLead(), true);
      // The proxy drops the requests, because a paused server could still reply to those that it has read.
      proxy.forwardRequests = false;
      const { why, cause } = await within(5000, "a time-out", connectionError(locker.acquireLead()));
      proxy.forwardRequests = true;
      assertEquals([why, causesOf(cause).some(({ name }) => name === "TimeoutError")], ["timeout", true]);
      // The two copies do not share their classes, so this test covers the intended case.
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
