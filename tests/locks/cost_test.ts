import { assert, assertEquals, assertLessOrEqual } from "@std/assert";
import type { Lock } from "@x/natslock";
import { Fleet, type Member, TTL } from "./fleet.ts";

async function fleetOf(size: number): Promise<[fleet: Fleet, first: Member, second: Member]> {
  const fleet = new Fleet(size);
  const [first, second = first] = fleet.members;
  assert(first && second);
  // The first request of each also opens its session.
  for (const { locks } of fleet.members) await (await fleet.until(locks.acquire("warm up"))).release();
  fleet.reset();
  return [fleet, first, second];
}

Deno.test("LockManager.acquire() of a free lock sends a ticket and a look", async () => {
  const [fleet, { locks, sent }] = await fleetOf(1);
  await using _ = fleet;
  await fleet.until(locks.acquire("a"));
  assertEquals(sent.map((each) => each.split(" ")[0]), ["append", "scan"]);
});

Deno.test("Lock.release() sends one message", async () => {
  const [fleet, { locks, sent }] = await fleetOf(1);
  await using _ = fleet;
  const lock = await fleet.until(locks.acquire("a"));
  fleet.reset();
  await fleet.until(lock.release());
  assertEquals(sent.map((each) => each.split(" ")[0]), ["remove"]);
});

for (const waiters of [1, 100]) {
  Deno.test(`A hand-over among ${waiters} waiters costs a removal and a look`, async () => {
    const [fleet, { locks }] = await fleetOf(10);
    await using _ = fleet;
    const lock = await fleet.until(locks.acquire("a"));
    const granted: number[] = [];
    for (let left = 0; left < waiters; left++) {
      fleet.members[1 + left % 9]?.locks.acquire("a").then(({ token }) => granted.push(token), () => {});
    }
    await fleet.clock.advance(200);
    fleet.reset();
    await fleet.until(lock.release());
    await fleet.clock.advance(20);
    assertEquals([granted.length, fleet.sent], [1, 2]);
  });
}

Deno.test("Exclusive requests of many processes are granted in the order of their places", async () => {
  const [fleet] = await fleetOf(10);
  await using _ = fleet;
  const granted: number[] = [];
  const work = async ({ token }: Lock) => {
    granted.push(token);
    await Promise.resolve();
  };
  const all = Array.from({ length: 200 }, (_, index) => fleet.members[index % 10]?.locks.request("a", work));
  await fleet.until(Promise.all(all));
  assertEquals(granted.length, 200);
  assertEquals(granted, [...granted].sort((one, other) => one - other));
});

Deno.test("A process at rest that holds 1,000 locks sends its renewals and one look at its tickets per lease", async () => {
  const [fleet, { locks, sent }] = await fleetOf(1);
  await using _ = fleet;
  const names = Array.from({ length: 1000 }, (_, index) => `lock ${index}`);
  const held = await fleet.until(Promise.all(names.map((name) => locks.acquire(name))));
  fleet.reset();
  await fleet.clock.advance(20 * TTL);
  assert(held.every((lock) => lock.held));
  const renewals = sent.filter((each) => each.startsWith("write"));
  const looks = sent.filter((each) => each.startsWith("scan"));
  assertEquals(renewals.length, 60);
  assertLessOrEqual(looks.length, 27);
  assertLessOrEqual(sent.length, 60 + 27 + 30);
});

Deno.test("Waiters at rest look once per lease and lock, whatever their number", async () => {
  const [fleet, { locks }, second] = await fleetOf(2);
  await using _ = fleet;
  await fleet.until(locks.acquire("a"));
  for (let left = 0; left < 50; left++) second.locks.acquire("a").catch(() => {});
  await fleet.clock.advance(200);
  fleet.reset();
  await fleet.clock.advance(20 * TTL);
  const kinds = Object.groupBy(second.sent, (each) => each.split(" ")[0] ?? "");
  // Looks at the queue and at own tickets.
  assertLessOrEqual(kinds.scan?.length ?? 0, 2 * 27);
  assertEquals(kinds.append, undefined);
  assertEquals(kinds.remove, undefined);
  assertLessOrEqual(kinds.read?.length ?? 0, 20 / 3 + 1);
});
