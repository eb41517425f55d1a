/** Requests for locks that the server cannot store, and buckets that become unfit, on a real server. */

import { assert, assertEquals, assertLess, assertRejects, assertStringIncludes } from "@std/assert";
import { jetstreamManager } from "@nats-io/jetstream";
import { BadParameterError, BucketConfigError, ConnectionError, Locker, LockManager } from "@x/natslock";
import { eventually } from "../helpers/measure.ts";
import { withServer } from "../helpers/nats.ts";

/** More than the "max_payload" of the server in the first tests. */
const LONG = "n".repeat(1900);

Deno.test('LockManager.request() rejects at once if the ticket is longer than the "max_payload" of the server', () =>
  withServer(async ({ nc }) => {
    await using locks = await LockManager.open({ nc, bucket: "queues" });
    await using other = await locks.acquire("other");
    const begun = performance.now();
    for (const options of [{}, { ifAvailable: true }, { timeout: 5000 }]) {
      const error = await assertRejects(() => locks.request(LONG, options, () => {}), ConnectionError, '"max_payload"');
      assertEquals([error.why, error.transient], ["refused", false]);
    }
    assertLess(performance.now() - begun, 2000);
    assert(other.held);
    // Nothing is left, neither of the ticket nor of a fence.
    const { streams } = await jetstreamManager(nc);
    const info = await streams.info("KV_queues", { subjects_filter: "$KV.queues.=q.==*.>" });
    assertEquals(Object.keys(info.state.subjects ?? {}), []);
  }, { config: "max_payload: 2000" }));

Deno.test('Locker rejects at once if its record is longer than the "max_payload" of the server', () =>
  withServer(async ({ nc }) => {
    const meta = { text: "m".repeat(1000) };
    await using locker = await Locker.open({ nc, bucket: "locks", key: "k".repeat(1000), ttl: 3000, meta });
    for (const call of [() => locker.tryAcquire(), () => locker.acquire(), () => locker.run(() => {})]) {
      await assertRejects(call as () => Promise<unknown>, ConnectionError, '"max_payload"');
    }
  }, { config: "max_payload: 1200" }));

Deno.test("LockManager.request() takes names of up to 65,000 bytes as JSON in ASCII, and refuses longer ones", () =>
  withServer(async ({ nc }) => {
    await using locks = await LockManager.open({ nc, bucket: "queues" });
    for (const name of ["a".repeat(64_998), "\ud800".repeat(10_833)]) {
      assertEquals(await locks.request(name, (lock) => lock.name === name), true);
    }
    for (const name of ["a".repeat(64_999), "\ud800".repeat(10_834), "a".repeat(2_000_000)]) {
      for (const call of [() => locks.acquire(name), () => locks.acquire(["free", name])]) {
        const error = await assertRejects(call as () => Promise<unknown>, BadParameterError, '"name"');
        assertLess(error.message.length, 300);
      }
    }
  }));

Deno.test("LockManager grants nothing more in a bucket that has become unfit, tells why, and goes on once it is fit", () =>
  withServer(async ({ nc }) => {
    const settings: string[] = [];
    const about = { nc, bucket: "queues", ttl: 1000, maxHold: 60_000 };
    await using locks = await LockManager.open({
      ...about,
      onEvent: (event) => event.type === "bucket_changed" && settings.push(...Object.keys(event.changes)),
    });
    const lock = await locks.acquire("a");
    const waiting = assertRejects(() => locks.request("a", () => {}), BucketConfigError);
    await eventually("a ticket", async () => (await locks.query()).pending.length === 1);
    const { streams } = await jetstreamManager(nc);
    const { config } = await streams.info("KV_queues");
    const age = { max_age: 30_000_000_000, duplicate_window: 1_000_000_000 };
    await streams.update("KV_queues", { ...config, ...age });
    await eventually("a report", () => Promise.resolve(settings.includes("max_age")));
    const refused = await assertRejects(() => locks.request("b", () => {}), BucketConfigError);
    assertEquals([refused.bucket, refused.setting], ["queues", "max_age"]);
    // What is held is not taken away, and can be released.
    assert(lock.held);
    await lock.release();
    assertStringIncludes((await waiting).message, '"max_age"');
    assertEquals((await locks.query()).pending, []);
    await streams.update("KV_queues", config);
    assertEquals(await locks.request("b", (granted) => granted.held), true);
  }));
