import { assert, assertEquals, assertGreater, assertStringIncludes } from "@std/assert";
import { type NatsConnection, wsconnect } from "@nats-io/nats-core";
import { jetstreamManager } from "@nats-io/jetstream";
import { Locker, type LockEvent, newKeyValue } from "@x/natslock";
import { list } from "../../examples/dashboard/feed/reader.ts";
import { NatsServer } from "../../tools/nats/server.ts";
import { connectionError } from "../helpers/errors.ts";
import { Following } from "./following.ts";
import { credentials, rightsOf, TTL, withRoles } from "../helpers/roles.ts";

const FORMS = ["users.conf", "accounts.conf"] as const;

for (const file of FORMS) {
  Deno.test(`${file}: a candidate takes the lead, renews it, and releases it to one that waits`, () =>
    withRoles(file, async ({ locker }) => {
      const [one, other] = [await locker("jobs", "jobs.leader"), await locker("jobs", "jobs.leader")];
      assertEquals([await one.acquireLead(), await other.acquireLead()], [true, false]);
      assertEquals((await other.leader())?.token, one.token);
      assertEquals(await one.acquireLead(), true);
      const { token } = one;
      const waiting = other.acquire({ timeout: 20_000 });
      await one.releaseLead();
      const lease = await waiting;
      assertGreater(lease.token, token ?? Infinity);
      await lease.release();
      assertEquals(await one.leader(), null);
    }));

  Deno.test(`${file}: an observer follows the leader by a direct get and a subscription, without a consumer`, () =>
    withRoles(file, async ({ as, locker }) => {
      const [candidate, observer] = [await locker("jobs", "jobs.leader"), await locker("observer", "jobs.leader")];
      await using seen = new Following(observer);
      assertEquals(await seen.next(), null);
      const started = performance.now();
      const lease = await candidate.acquire();
      const leader = await seen.next();
      assertEquals([leader?.token, leader?.name, leader?.ttl], [lease.token, "jobs", TTL]);
      assertEquals((await observer.leader())?.token, lease.token);
      await lease.release();
      assertEquals(await seen.next(), null);
      // By its own reads alone, the observer would have seen each change a lease length later.
      assert(performance.now() - started < TTL);
      const manager = await jetstreamManager(await as("admin"));
      assertEquals((await manager.streams.info("KV_locks")).state.consumer_count, 0);
    }));

  Deno.test(`${file}: an observer lists all keys like the dashboard, and none of another bucket`, () =>
    withRoles(file, async ({ as, locker }) => {
      const keys = ["jobs.a", "jobs.b", "jobs.c"];
      for (const key of keys) assert(await (await locker("jobs", key)).acquireLead());
      const found: string[] = [];
      const source = { nc: await as("observer"), bucket: "locks", inboxPrefix: "_INBOX_observer" };
      await list(source, ({ key }) => found.push(key));
      assertEquals(found.sort(), keys);
    }));

  Deno.test(`${file}: an observer that tries to lead is denied, with the missing right`, () =>
    withRoles(file, async ({ locker }) => {
      const observer = await locker("observer", "jobs.leader");
      for (const call of [observer.acquireLead(), observer.tryAcquire(), observer.acquire()]) {
        const error = await connectionError(call);
        assertEquals([error.why, error.transient], ["denied", false]);
        assertStringIncludes(error.message, 'right to send requests to "$JS.API.STREAM.INFO.KV_locks"');
      }
    }));
}

Deno.test("candidate.conf: a lease is renewed, and its candidate can observe it", () =>
  withRoles("users.conf", async ({ as }) => {
    const nc = await as("jobs");
    const renewed = Promise.withResolvers<LockEvent>();
    const onEvent = (event: LockEvent) => event.type === "renewed" && renewed.resolve(event);
    await using locker = await Locker.open({ nc, bucket: "locks", ttl: 1000, key: "jobs.leader", onEvent });
    const lease = await locker.acquire();
    await renewed.promise;
    await using seen = new Following(locker);
    assertEquals((await seen.next())?.token, lease.token);
    assert(lease.held);
  }));

Deno.test("candidate.conf: without the user's inbox prefix the error names it", () =>
  withRoles("users.conf", async ({ server }) => {
    const { inboxPrefix: _, ...connection } = credentials("jobs");
    const error = await connectionError(
      Locker.open({ servers: server.url, connection, bucket: "locks", ttl: TTL, key: "jobs.leader" }),
    );
    assertEquals(error.why, "denied");
    assertStringIncludes(error.message, '"inboxPrefix"');
  }));

Deno.test("candidate.conf: a lock of another prefix is denied, with the subject and the missing right", () =>
  withRoles("users.conf", async ({ locker }) => {
    const stranger = await locker("jobs", "billing.leader");
    const error = await connectionError(stranger.acquireLead());
    assertEquals(error.why, "denied");
    assertStringIncludes(error.message, 'right to publish to "$KV.locks.billing.leader"');
  }));

Deno.test("candidate.conf: observing a lock of another prefix is denied, with the subject and the missing right", () =>
  withRoles("users.conf", async ({ locker }) => {
    await using seen = new Following(await locker("jobs", "billing.leader"));
    assertEquals(await seen.next(), null);
    const error = await connectionError(seen.next());
    assertEquals(error.why, "denied");
    assertStringIncludes(error.message, 'right to subscribe to "natslock.locks.billing.leader"');
  }));

Deno.test("admin.conf: an admin creates, changes and deletes the bucket, and purges a lock", () =>
  withRoles("users.conf", async ({ as, locker }) => {
    const { streams } = await jetstreamManager(await as("admin"));
    const [candidate, admin] = [await locker("jobs", "jobs.leader"), await locker("admin", "jobs.leader")];
    assertEquals([await candidate.acquireLead(), await admin.acquireLead()], [true, false]);
    await streams.purge("KV_locks", { filter: "$KV.locks.jobs.leader" });
    assertEquals([await admin.leader(), await admin.acquireLead()], [null, true]);
    assertEquals((await streams.update("KV_locks", { max_bytes: 1_000_000 })).config.max_bytes, 1_000_000);
    assertEquals(await streams.delete("KV_locks"), true);
    await newKeyValue(await as("admin"), "locks", TTL, { rollups: false });
  }));

Deno.test("Locker.observe() and acquire() in a bucket without republishing are denied without the right to a consumer", () =>
  withRoles("users.conf", async ({ as, locker }) => {
    const nc = await as("admin");
    await (await jetstreamManager(nc)).streams.delete("KV_locks");
    await newKeyValue(nc, "locks", TTL, { rollups: false, republish: null });
    const [holder, other] = [await locker("jobs", "jobs.leader"), await locker("jobs", "jobs.leader")];
    await holder.acquire();
    await using seen = new Following(other);
    assertEquals((await seen.next())?.token, holder.token);
    for (const call of [seen.next(), other.acquire()]) {
      const error = await connectionError(call);
      assertEquals(error.why, "denied");
      assertStringIncludes(error.message, 'right to send requests to "$JS.API.CONSUMER.CREATE.KV_locks');
    }
  }));

Deno.test("Locker.acquire() reads assumed settings before it writes, when the right is granted", async () => {
  const may = (publish: string) => {
    return { config: `authorization { users: [ { user: u, password: p, permissions: { publish: ${publish} } } ] }` };
  };
  await using server = await NatsServer.start(may(`">"`));
  const login = { user: "u", pass: "p", reconnectTimeWait: 50 };
  const nc = await wsconnect({ servers: server.url, ...login, maxReconnectAttempts: -1 });
  const changeTo = async (publish: string) => {
    await server.configure(may(publish));
    const back = reconnected(nc);
    await server.restart();
    await back;
  };
  await newKeyValue(nc, "locks", 2000);
  await changeTo(`{ deny: "$JS.API.STREAM.INFO.KV_locks" }`);
  await using locker = await Locker.open({ nc, bucket: "locks", ttl: TTL });
  assertEquals([await locker.ttl(), await locker.leader()], [TTL, null]);
  assertEquals((await connectionError(locker.acquireLead())).why, "denied");
  await changeTo(`">"`);
  const lease = await locker.acquire({ timeout: 20_000 });
  assertEquals([await locker.ttl(), (await locker.leader())?.token], [2000, lease.token]);
  await lease.release();
  await nc.close();
});

async function reconnected(nc: NatsConnection): Promise<void> {
  for await (const { type } of nc.status()) if (type === "reconnect") return;
}

Deno.test("docs/security.md names every subject that the shipped permission files allow", async () => {
  const text = await Deno.readTextFile(new URL("../../docs/security.md", import.meta.url));
  for (const file of ["candidate.conf", "tenant.conf", "observer.conf", "admin.conf"]) {
    const { publish, subscribe } = await rightsOf(file);
    for (const subject of [...publish, ...subscribe]) assertStringIncludes(text, `\`${subject}\``, file);
  }
});
