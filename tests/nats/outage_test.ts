import { assert, assertEquals, assertInstanceOf } from "@std/assert";
import { ConnectionError, type Lease, LeaseLostError, Locker, type LockEvent, newKeyValue } from "@x/natslock";
import type { NatsServer } from "../../tools/nats/server.ts";
import { connectionError } from "../helpers/errors.ts";
import { withServer } from "../helpers/nats.ts";
import { Proxy } from "../helpers/proxy.ts";

const TTL = 2000;

/** Returns how long after the end of the lease the signal aborts, in ms, and why the lease was lost. */
async function lateness(lease: Lease): Promise<{ late: number; why: string }> {
  const end = performance.now() + lease.remaining;
  await new Promise((resolve) => lease.signal.addEventListener("abort", resolve, { once: true }));
  const late = performance.now() - end;
  assertEquals(lease.held, false);
  assertInstanceOf(lease.signal.reason, LeaseLostError);
  return { late, why: lease.signal.reason.why };
}

/** Asserts that the signal aborts on time. The best of three runs counts, because the machine may be busy. */
async function onTime(cause: (tries: number) => Promise<{ late: number; why: string }>): Promise<void> {
  const results = [await cause(1), await cause(2), await cause(3)];
  assertEquals(results.map(({ why }) => why), ["deadline", "deadline", "deadline"]);
  const lates = results.map(({ late }) => late);
  assert(Math.min(...lates) <= 50 && Math.max(...lates) <= 500, `${lates}`);
  assert(Math.min(...lates) > -5, `${lates}`);
}

Deno.test("Lease.signal aborts at the end of the lease while the server is paused", () =>
  withServer(async ({ server, nc }) => {
    const kv = await newKeyValue(nc, "locks", TTL);
    await onTime(async (tries) => {
      const lease = await new Locker({ kv, key: `k${tries}` }).acquire();
      server.pause();
      const result = await lateness(lease);
      server.resume();
      return result;
    });
  }));

/** Lets a proxy fail in the given way while a lease is held through it. */
async function behindProxy(server: NatsServer, fail: (proxy: Proxy) => void): Promise<{ late: number; why: string }> {
  await using proxy = new Proxy(server.wsPort);
  await using locker = await Locker.open({ servers: proxy.url, bucket: "locks", ttl: TTL, key: crypto.randomUUID() });
  const lease = await locker.acquire();
  fail(proxy);
  const result = await lateness(lease);
  proxy.forwardAnswers = proxy.forwardRequests = true;
  return result;
}

Deno.test("Lease.signal aborts at the end of the lease while the server is unreachable", () =>
  withServer(({ server }) => onTime(() => behindProxy(server, (proxy) => proxy.forwardRequests = false))));

Deno.test("Lease.signal aborts at the end of the lease while replies are dropped", () =>
  withServer(({ server }) => onTime(() => behindProxy(server, (proxy) => proxy.forwardAnswers = false))));

Deno.test("Lease is kept over a disconnect", () =>
  withServer(async ({ server }) => {
    await using proxy = new Proxy(server.wsPort);
    let cuts = 0;
    const enough = Promise.withResolvers<void>();
    // Each cut follows a confirmed renewal. Cuts that hit every request in flight could let the lease end.
    const onEvent = ({ type }: LockEvent) => {
      if (type === "lost") enough.reject(new Error(`lost after ${cuts} cuts`));
      if (type !== "acquired" && type !== "renewed") return;
      if (cuts === 3) return enough.resolve();
      cuts++;
      proxy.cut();
    };
    await using locker = await Locker.open({ servers: proxy.url, bucket: "locks", ttl: TTL, onEvent });
    const lease = await locker.acquire();
    const { token } = lease;
    await enough.promise;
    assertEquals([lease.held, lease.token, cuts], [true, token, 3]);
  }));

Deno.test("Lease is lost as 'closed' if the connection is closed for good, and a wait rejects", () =>
  withServer(async ({ nc, connect }) => {
    await newKeyValue(nc, "locks", TTL);
    const other = await connect();
    const kv = await newKeyValue(other, "locks", TTL);
    const lease = await new Locker({ kv }).acquire();
    const waiting = new Locker({ kv }).acquire();
    waiting.catch(() => {});
    await other.flush();
    await other.close();
    assertEquals((await lateness(lease)).why, "closed");
    assertEquals((await connectionError(waiting)).why, "closed");
  }));

Deno.test("Lease is lost as 'removed' if the bucket is deleted, and a wait rejects", () =>
  withServer(async ({ nc, connect }) => {
    const kv = await newKeyValue(nc, "locks", TTL);
    const lease = await new Locker({ kv }).acquire();
    const waiting = new Locker({ kv: await newKeyValue(await connect(), "locks", TTL) }).acquire();
    waiting.catch(() => {});
    await kv.destroy();
    assertEquals((await lateness(lease)).why, "removed");
    assertEquals((await connectionError(waiting)).why, "bucket_missing");
  }));

const ALL = `permissions { publish: ">", subscribe: ">" }`;
const READ_ONLY = `permissions { publish: { deny: "$KV.>" }, subscribe: ">" }`;
const users = (rights: string) => `authorization { users = [ { user: u, password: p, ${rights} } ] }`;

Deno.test("Lease is lost as 'deadline' if the right to write is revoked, with the refusal as its cause", async () => {
  const { NatsServer } = await import("../../tools/nats/server.ts");
  await using server = await NatsServer.start({ config: users(ALL) });
  const connection = { user: "u", pass: "p" };
  await using locker = await Locker.open({ servers: server.url, bucket: "locks", ttl: TTL, connection });
  const lease = await locker.acquire();
  await server.configure({ config: users(READ_ONLY) });
  Deno.kill(server.pid, "SIGHUP");
  assertEquals((await lateness(lease)).why, "deadline");
  const { cause } = lease.signal.reason as LeaseLostError;
  assertInstanceOf(cause, ConnectionError);
  assertEquals(cause.why, "denied");
  await using other = await Locker.open({ servers: server.url, bucket: "locks", ttl: TTL, key: "b", connection });
  assertEquals((await connectionError(other.acquire())).why, "denied");
});
