import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import {
  AcquireTimeoutError,
  BadParameterError,
  ConnectionError,
  LeaseLostError,
  Locker,
  LockManager,
} from "@x/natslock";
import { MemoryStore } from "@x/natslock/testing";
import { Fleet, fleetOf, TTL } from "./fleet.ts";

const never = () => new Promise<never>(() => {});

Deno.test("LockManager.request() whose signal aborts while it waits leaves the queue", async () => {
  const [fleet, { locks }, second] = fleetOf(2);
  await using _ = fleet;
  await fleet.until(locks.acquire("a"));
  const controller = new AbortController();
  const waiting = assertRejects(() => second.locks.request("a", { signal: controller.signal }, never), Error, "enough");
  await fleet.pass(100);
  controller.abort(new Error("enough"));
  await waiting;
  await fleet.pass(100);
  assertEquals((await fleet.until(locks.query())).pending, []);
});

Deno.test("LockManager.request() whose signal aborts between grant and callback does not call it", async () => {
  const [fleet, first] = fleetOf(1);
  const { locks } = first;
  await using _ = fleet;
  const controller = new AbortController();
  let called = false;
  const asked = assertRejects(
    () => locks.request("a", { signal: controller.signal }, () => called = true),
    Error,
    "enough",
  );
  first.hear = ({ type }) => type === "acquired" && controller.abort(new Error("enough"));
  await fleet.until(asked);
  assertEquals(called, false);
  assertEquals((await fleet.until(locks.query())).held, []);
});

Deno.test("LockManager.request() with a timeout rejects with an AcquireTimeoutError and leaves the queue", async () => {
  const [fleet, { locks }, second] = fleetOf(2);
  await using _ = fleet;
  await fleet.until(locks.acquire("a"));
  const before = fleet.clock.now();
  await fleet.until(assertRejects(() => second.locks.acquire("a", { timeout: 1000 }), AcquireTimeoutError));
  assert(fleet.clock.now() - before <= 1010);
  assertEquals((await fleet.until(locks.query())).pending, []);
});

Deno.test("LockManager.acquire() with the timeout 0 and with ifAvailable fails at once if NATS does not answer", async () => {
  const [fleet, member] = fleetOf(1);
  await using _ = fleet;
  const { locks } = member;
  await (await fleet.until(locks.acquire("a"))).release();
  member.isCut = true;
  await fleet.until(assertRejects(() => locks.acquire("a", { timeout: 0 }), AcquireTimeoutError));
  await fleet.until(assertRejects(() => locks.acquire("a", { ifAvailable: true }), ConnectionError));
  member.isCut = false;
  await fleet.pass(2 * TTL);
  assert((await fleet.until(locks.acquire("a"))).held);
});

Deno.test("LockManager.request() rejects with the loss if its session ends while the work runs", async () => {
  const [fleet, { locks }] = fleetOf(1);
  await using _ = fleet;
  const asked = locks.request(
    "a",
    (lock) => new Promise<void>((done) => lock.signal.addEventListener("abort", () => done())),
  );
  await fleet.pass(100);
  const [member] = fleet.members;
  assert(member);
  member.isCut = true;
  const { why } = await fleet.until(assertRejects(() => asked, LeaseLostError));
  assertEquals(why, "deadline");
  member.isCut = false;
});

Deno.test("LockManager waits on with a new session and a new ticket after its session was lost", async () => {
  const [fleet, { locks }, second] = fleetOf(2);
  await using _ = fleet;
  const lock = await fleet.until(locks.acquire("a"));
  const waiting = second.locks.acquire("a");
  await fleet.pass(100);
  second.isCut = true;
  await fleet.pass(2 * TTL);
  second.isCut = false;
  await fleet.pass(TTL);
  await fleet.until(lock.release());
  const next = await fleet.until(waiting);
  assert(next.held && next.token > lock.token);
});

Deno.test("LockManager ends a lock at 90 % of maxHold, and a wait takes a new ticket at half of it", async () => {
  const [fleet, { locks }, second] = fleetOf(2, { maxHold: 10_000 });
  await using _ = fleet;
  const lock = await fleet.until(locks.acquire("a"));
  const waiting = second.locks.acquire("a");
  await fleet.pass(8900);
  assert(lock.held);
  await fleet.pass(200);
  assertEquals([lock.held, (lock.signal.reason as LeaseLostError).why], [false, "deadline"]);
  const next = await fleet.until(waiting);
  assert(next.held && next.token > lock.token + 1);
});

Deno.test("LockManager reports a request that waits for a lock of its own process after one lease", async () => {
  const [fleet, { locks, events }] = fleetOf(1);
  await using _ = fleet;
  locks.request("a", () => locks.request("a", never)).catch(() => {});
  await fleet.pass(TTL + 200);
  assertEquals(events.filter(({ type }) => type === "waiting").length, 2);
});

Deno.test("LockManager works on although onEvent throws", async () => {
  const fleet = new Fleet(0);
  const options = { store: fleet.store, clock: fleet.clock, ttl: TTL };
  const locks = new LockManager({
    ...options,
    onEvent: () => {
      throw new Error("listener");
    },
  });
  assertEquals(await fleet.until(locks.request("a", () => "done")), "done");
  await fleet.until(locks.close());
});

Deno.test("LockManager rejects with a ConnectionError if the bucket is missing", async () => {
  const [fleet, { locks }] = fleetOf(1);
  await using _ = fleet;
  fleet.store.deleteBucket();
  const { why } = await fleet.until(assertRejects(() => locks.acquire("a"), ConnectionError));
  assertEquals(why, "bucket_missing");
});

for (
  const [field, options] of [
    ["ttl", { ttl: 500 }],
    ["ttl", { ttl: NaN }],
    ["maxHold", { maxHold: 20_000 }],
    ["maxHold", { maxHold: Infinity }],
    ["name", { name: "a\n" }],
  ] as const
) {
  Deno.test(`new LockManager() refuses ${field} ${JSON.stringify(options)}`, () => {
    const { clock, store } = new Fleet(0);
    const error = assertThrows(() => new LockManager({ store, clock, ...options }), BadParameterError);
    assertEquals(error.parameter, field);
  });
}

Deno.test("new LockManager() refuses options without a bucket", () => {
  assertThrows(() => new LockManager({} as never), BadParameterError, "kv");
  assertThrows(() => new LockManager(undefined as never), BadParameterError, "kv");
});

Deno.test("new Locker() refuses a key that belongs to queues", () => {
  const { clock } = new Fleet(0);
  const store = new MemoryStore(clock, { ttl: 3000 });
  assertThrows(() => new Locker({ store, clock, key: "=q.a" }), BadParameterError, "LockManager");
});

Deno.test("LockManager.request() of several locks holds all of them or none", async () => {
  const [fleet, { locks }, second] = fleetOf(2);
  await using _ = fleet;
  const b = await fleet.until(locks.acquire("b"));
  const both = second.locks.acquire(["c", "a", "b"]);
  await fleet.pass(200);
  assertEquals((await fleet.until(locks.query())).held.map(({ name }) => name).sort(), ["a", "b"]);
  await fleet.until(b.release());
  const got = await fleet.until(both);
  assertEquals(got.map(({ name, held }) => [name, held]), [["c", true], ["a", true], ["b", true]]);
});

Deno.test("Two requests for the same locks in opposite orders both end", async () => {
  const [fleet, { locks }, second] = fleetOf(2);
  await using _ = fleet;
  const order: string[] = [];
  const work = (who: string) => async () => {
    order.push(who);
    await new Promise<void>((resolve) => fleet.clock.after(50, resolve));
  };
  const rounds = Array.from({ length: 20 }, (_, round) => [
    locks.request(["x", "y"], work(`1.${round}`)),
    second.locks.request(["y", "x"], work(`2.${round}`)),
  ]);
  await fleet.until(Promise.all(rounds.flat()));
  assertEquals(order.length, 40);
});
