import { assert, assertEquals } from "@std/assert";
import { type KvHandle, Locker } from "@x/natslock";
import { connectionError } from "../helpers/errors.ts";
import { newKeyValue, withServer } from "../helpers/nats.ts";
import { Proxy } from "../helpers/proxy.ts";

const TIMING = { requestTimeout: 300 };

/** A candidate behind a proxy, and a handle of the bucket that bypasses the proxy. */
interface Fixture {
  readonly locker: Locker;
  readonly proxy: Proxy;
  readonly kv: KvHandle;
}

function withProxy(body: (fixture: Fixture) => Promise<void>): Promise<void> {
  return withServer(async ({ server, nc, connect }) => {
    await using proxy = new Proxy(server.wsPort);
    const far = await connect(proxy.url);
    const kv = await newKeyValue(nc, "locks", 4000);
    const locker = new Locker({ kv: await newKeyValue(far, "locks", 4000), timing: TIMING });
    await body({ locker, proxy, kv });
    proxy.forwardAnswers = proxy.forwardRequests = true;
    await far.close();
  });
}

/** Drops the reply to the first message that `call` sends. The server has carried the request out by then. */
async function whileAnswerIsLost<T>({ proxy }: Fixture, call: () => Promise<T>): Promise<T> {
  const swallowed = proxy.nextSwallowed();
  proxy.forwardAnswers = false;
  const result = call();
  result.catch(() => {});
  await swallowed;
  proxy.forwardAnswers = true;
  return await result;
}

Deno.test("Locker.acquireLead() finds out that it leads if the reply to its grant is lost", () =>
  withProxy(async (fixture) => {
    const { locker, kv } = fixture;
    assertEquals(await whileAnswerIsLost(fixture, () => locker.acquireLead()), true);
    const leader = await locker.leader();
    assertEquals([leader?.holder, leader?.token], [locker.id, leader?.revision]);
    await locker.releaseLead();
    assertEquals((await kv.get("leader"))?.length, 0);
  }));

Deno.test("Locker.acquireLead() rejects if the reply to a renewal is lost, and the next call keeps the lead", () =>
  withProxy(async (fixture) => {
    const { locker } = fixture;
    await locker.acquireLead();
    const token = (await locker.leader())?.token;
    const error = await connectionError(whileAnswerIsLost(fixture, () => locker.acquireLead()));
    assertEquals(error.why, "timeout");
    assertEquals(await locker.acquireLead(), true);
    assertEquals((await locker.leader())?.token, token);
  }));

Deno.test("Locker.releaseLead() rejects if its reply is lost, and the next call finds the lock released", () =>
  withProxy(async (fixture) => {
    const { locker, kv } = fixture;
    await locker.acquireLead();
    const error = await connectionError(whileAnswerIsLost(fixture, () => locker.releaseLead()));
    assertEquals(error.why, "timeout");
    await locker.releaseLead();
    assert(!(await kv.get("leader"))?.length);
  }));

Deno.test("Locker.acquireLead() rejects while no reply arrives, and close() then leaves no record behind", () =>
  withProxy(async ({ locker, proxy, kv }) => {
    await locker.ttl();
    proxy.forwardAnswers = false;
    assertEquals((await connectionError(locker.acquireLead())).why, "timeout");
    assertEquals((await kv.get("leader"))?.string(), locker.id);
    proxy.forwardAnswers = true;
    await locker.close();
    assertEquals((await kv.get("leader"))?.length, 0);
  }));

Deno.test("Locker.acquireLead() rejects while its requests are lost, and takes the lead afterwards", () =>
  withProxy(async ({ locker, proxy, kv }) => {
    proxy.forwardRequests = false;
    assertEquals((await connectionError(locker.acquireLead())).why, "timeout");
    assertEquals(await kv.get("leader"), null);
    proxy.forwardRequests = true;
    assertEquals(await locker.acquireLead(), true);
  }));

Deno.test("Locker.acquireLead() rejects at once when the connection is closed for good", () =>
  withServer(async ({ nc, connect }) => {
    const other = await connect();
    const locker = new Locker({ kv: await newKeyValue(other, "locks", 3000) });
    await newKeyValue(nc, "locks", 3000);
    await other.close();
    assertEquals((await connectionError(locker.acquireLead())).why, "closed");
  }));

Deno.test("Locker keeps the lead over a reconnect", () =>
  withProxy(async ({ locker, proxy }) => {
    await locker.acquireLead();
    const token = (await locker.leader())?.token;
    proxy.cut();
    for (let tries = 0; tries < 10; tries++) {
      if (await locker.acquireLead().catch(() => false)) break;
    }
    assertEquals((await locker.leader())?.token, token);
  }));
