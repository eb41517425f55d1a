/** What a user hears of a wait that meets trouble while the session goes on. */

import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { jetstreamManager } from "@nats-io/jetstream";
import { ConnectionError, type LockEvent, LockManager } from "@x/natslock";
import type { MemoryStore } from "@x/natslock/testing";
import { eventually } from "../helpers/measure.ts";
import { withServer } from "../helpers/nats.ts";
import { Fleet, TTL } from "./fleet.ts";

/** Kinds of events about trouble, and the locks that they name. */
const told = (events: readonly LockEvent[]): string[] =>
  events.filter(({ type }) => type === "retrying" || type === "recovered").map(({ type, key }) => `${type} ${key}`);

for (const kind of ["append", "scan"] as const) {
  Deno.test(`LockManager.request() reports a streak of failures once, and its end: ${kind}`, async () => {
    await using fleet = new Fleet(0);
    const events: LockEvent[] = [];
    let isDown = false;
    const store = fleet.store.link({
      intercept: (request) => {
        const fails = isDown && request.kind === kind && request.key.startsWith("=q.a.");
        return Promise.resolve(fails ? request.fail(new ConnectionError("unavailable", "full")) : request.perform());
      },
    });
    const { clock, random } = fleet;
    const locks = new LockManager({ store, clock, random, ttl: TTL, onEvent: (event) => events.push(event) });
    isDown = true;
    await fleet.until(assertRejects(() => locks.acquire("a", { ifAvailable: true }), ConnectionError));
    assertEquals(told(events), []);
    const waits = [locks.acquire("a"), locks.acquire("a", { mode: "shared" })];
    await fleet.pass(TTL);
    assertEquals(told(events), ["retrying a"]);
    isDown = false;
    await fleet.until(Promise.race(waits), TTL);
    assertEquals(told(events), ["retrying a", "recovered a"]);
    for (const wait of waits) wait.catch(() => {});
    await fleet.until(locks.close());
  });
}

Deno.test("LockManager.request() tells that the bucket is full, and gets the lock once there is room", () =>
  withServer(async ({ nc }) => {
    const events: LockEvent[] = [];
    await using locks = await LockManager.open({ nc, bucket: "full", onEvent: (event) => events.push(event) });
    await locks.request("first", () => {});
    const { streams } = await jetstreamManager(nc);
    const { config } = await streams.info("KV_full");
    await streams.update("KV_full", { ...config, max_msgs: 1 });
    const waiting = locks.request("a", () => "done");
    await eventually("a report", () => Promise.resolve(told(events).length > 0));
    const [report] = events.filter(({ type }) => type === "retrying");
    assert(report?.type === "retrying");
    assertEquals(report.key, "a");
    assertStringIncludes(report.error.message, 'bucket "full" is full: its stream allows max_msgs 1; raise it');
    await streams.update("KV_full", { ...config, max_msgs: -1 });
    assertEquals(await waiting, "done");
    assertEquals(told(events), ["retrying a", "recovered a"]);
  }));

/** A lock manager, and its own link to the bucket, whose methods a test can replace. */
function alone(): { readonly fleet: Fleet; readonly store: MemoryStore; readonly locks: LockManager } {
  const fleet = new Fleet(0);
  const { clock, random } = fleet;
  const store = fleet.store.link({});
  return { fleet, store, locks: new LockManager({ store, clock, random, ttl: TTL }) };
}

Deno.test("LockManager.request() rejects if the store throws at each write of a ticket, and gets the lock once it does not", async () => {
  const { fleet, store, locks } = alone();
  await using _ = fleet;
  const append = store.append.bind(store);
  for (
    const answer of [() => Promise.reject(new Error("a plain error of the store")), () => {
      throw new Error("a plain error of the store");
    }]
  ) {
    store.append = answer;
    const { cause } = await fleet.until(assertRejects(() => locks.acquire("a"), ConnectionError, "the store failed"));
    assertEquals((cause as Error).message, "a plain error of the store");
    store.append = append;
    assertEquals(await fleet.until(locks.request("a", () => "done")), "done");
  }
  await fleet.until(locks.close());
});

Deno.test("LockManager takes a store whose remove() throws at once for one that gives no answer", async () => {
  const { fleet, store, locks } = alone();
  await using _ = fleet;
  const remove = store.remove.bind(store);
  store.remove = () => {
    throw new Error("a plain error of the store");
  };
  const lock = await fleet.until(locks.acquire("a"));
  await fleet.until(assertRejects(() => lock.release(), ConnectionError));
  store.remove = remove;
  assertEquals(await fleet.until(locks.request("a", () => "done")), "done");
  await fleet.until(locks.close());
});
