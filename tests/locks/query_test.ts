/** LockManager.query() while answers are old. */

import { assertEquals } from "@std/assert";
import { LockManager } from "../../src/locks/lock_manager.ts";
import type { ScanOutcome } from "../../src/store/ticket_store.ts";
import { Fleet, fleetOf, TTL } from "./fleet.ts";

Deno.test("LockManager.query() shows an own lock as held although a replica lacks the record of the session", async () => {
  await using fleet = new Fleet(0);
  const { clock, random } = fleet;
  let lacking = 3;
  const store = fleet.store.link({
    intercept: (request) => {
      const outcome = request.perform();
      const isLacking = request.kind === "scan" && request.key === "=s.>" && lacking-- > 0;
      return Promise.resolve(isLacking ? { ...outcome as ScanOutcome, entries: [] } as typeof outcome : outcome);
    },
  });
  const locks = new LockManager({ store, clock, random, ttl: TTL, name: "red", meta: { zone: "a" } });
  await fleet.until(locks.acquire("a"));
  const { held, pending } = await fleet.until(locks.query());
  assertEquals(held.map(({ name, holder, meta, alive }) => ({ name, holder, meta, alive })), [
    { name: "a", holder: "red", meta: { zone: "a" }, alive: true },
  ]);
  assertEquals(pending, []);
  assertEquals(lacking, -1);
  await fleet.until(locks.close());
});

Deno.test("LockManager.query() shows an own lock as held although a replica still shows the holder before it", async () => {
  const [fleet, first, second] = fleetOf(2);
  await using _ = fleet;
  const lock = await fleet.until(first.locks.acquire("a"));
  const waiting = second.locks.acquire("a");
  await fleet.pass(50);
  await fleet.until(lock.release());
  await fleet.until(waiting);
  // The replica lacks the removal.
  second.behind = 1;
  const { held, pending } = await fleet.until(second.locks.query());
  assertEquals([held.map(({ holder }) => holder), pending], [["process 1"], []]);
});

Deno.test("LockManager.query() accepts null for its options, since navigator.locks.query() ignores them", async () => {
  const [fleet, { locks }] = fleetOf(1);
  await using _ = fleet;
  await fleet.until(locks.acquire("a"));
  const query = locks.query.bind(locks) as (options: unknown) => ReturnType<LockManager["query"]>;
  assertEquals((await fleet.until(query(null))).held.length, 1);
});

Deno.test("LockManager.query() returns while the locks of its manager come and go, without asking the stream leader", async () => {
  const [fleet, member] = fleetOf(1);
  const { locks, sent } = member;
  await using _ = fleet;
  await fleet.until(locks.acquire("stays"));
  member.delayOf = (request) => request === "scan =q.>" ? 5 : 0;
  let isOver = false;
  const busy = (async () => {
    while (!isOver) await locks.request("short", () => new Promise<void>((resolve) => fleet.clock.after(1, resolve)));
  })();
  await fleet.pass(50);
  const { held } = await fleet.until(locks.query());
  isOver = true;
  await fleet.until(busy);
  assertEquals(held.some(({ name }) => name === "stays"), true);
  assertEquals(sent.filter((each) => each === "scan =q.>").length, 1);
});

Deno.test("LockManager.query() shows the new tickets of its requests if its session is lost while an answer is under way", async () => {
  const [fleet, { locks: holder }, member] = fleetOf(2);
  await using _ = fleet;
  await fleet.until(holder.acquire("a"));
  const waiting = member.locks.acquire("a");
  await fleet.pass(50);
  let scans = 0;
  member.delayOf = (request) => request === "scan =q.>" && scans++ === 0 ? TTL : 0;
  const asked = member.locks.query();
  await fleet.pass(20);
  fleet.store.recreateBucket();
  await fleet.pass(20);
  const { held, pending } = await fleet.until(asked);
  const lock = await fleet.until(waiting);
  const own = [...held, ...pending].filter(({ holder }) => holder === "process 1");
  assertEquals(own.map(({ token }) => token), [lock.token]);
});
