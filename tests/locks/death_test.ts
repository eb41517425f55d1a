import { assert, assertEquals, assertLessOrEqual } from "@std/assert";
import { Fleet, type Member, TTL } from "./fleet.ts";

function fleetOf(size: number): [fleet: Fleet, first: Member, ...others: Member[]] {
  const fleet = new Fleet(size);
  const [first, ...others] = fleet.members;
  assert(first);
  return [fleet, first, ...others];
}

/** Requests of a process for the keys of sessions that are not its own: burials. */
const burials = ({ sent }: Member): number => sent.filter((each) => each.startsWith("remove =s.")).length;

/** Cuts off a process, as if it had died, right after a renewal. Returns the time of that renewal. */
async function kill(fleet: Fleet, member: Member): Promise<number> {
  const before = member.sent.length;
  while (!member.sent.slice(before).some((each) => each.startsWith("write"))) await fleet.clock.advance(5);
  member.isCut = true;
  return fleet.clock.now();
}

for (const [when, begins] of [["before", 0], ["long before", 5 * TTL], ["after", -500]] as const) {
  Deno.test(`A waiter that began ${when} the holder died holds at most ttl + 0.5 s after the last renewal`, async () => {
    const [fleet, holder, waiter] = fleetOf(2);
    await using _ = fleet;
    assert(waiter);
    await fleet.until(holder.locks.acquire("a"));
    const start = () => waiter.locks.acquire("a").then(() => fleet.clock.now());
    let granted = begins >= 0 ? start() : null;
    await fleet.clock.advance(Math.max(begins, 100));
    const died = await kill(fleet, holder);
    await fleet.clock.advance(-Math.min(begins, 0));
    granted ??= start();
    const took = await fleet.until(granted) - died;
    assert(took >= TTL, `${took} ms`);
    assertLessOrEqual(took, TTL + 500);
  });
}

Deno.test("A waiter that died delays those behind it by at most ttl + 0.5 s", async () => {
  const [fleet, holder, dead, waiter] = fleetOf(3);
  await using _ = fleet;
  assert(dead && waiter);
  const lock = await fleet.until(holder.locks.acquire("a"));
  dead.locks.acquire("a").catch(() => {});
  await fleet.clock.advance(100);
  const granted = waiter.locks.acquire("a").then(() => fleet.clock.now());
  await fleet.clock.advance(100);
  const died = await kill(fleet, dead);
  await fleet.until(lock.release());
  assertLessOrEqual(await fleet.until(granted) - died, TTL + 500);
});

Deno.test("1,000 shared waiters of 10 processes behind a dead exclusive holder are all in within ttl + 2 s, with at most 2 burials each", async () => {
  const [fleet, holder, ...others] = fleetOf(11);
  await using _ = fleet;
  await fleet.until(holder.locks.acquire("a"));
  const granted: Promise<unknown>[] = [];
  for (let left = 0; left < 100; left++) {
    for (const { locks } of others) granted.push(locks.acquire("a", { mode: "shared" }));
  }
  await fleet.clock.advance(300);
  const died = await kill(fleet, holder);
  fleet.reset();
  await fleet.until(Promise.all(granted));
  assertLessOrEqual(fleet.clock.now() - died, TTL + 2000);
  for (const member of others) assertLessOrEqual(burials(member), 2);
});

Deno.test("A queue of 400 tickets of one dead session is gone within ttl + 2 s", async () => {
  const [fleet, dead, waiter] = fleetOf(2);
  await using _ = fleet;
  assert(waiter);
  for (let left = 0; left < 400; left++) dead.locks.acquire("a").catch(() => {});
  await fleet.clock.advance(300);
  const granted = waiter.locks.acquire("a").then(() => fleet.clock.now());
  await fleet.clock.advance(300);
  const died = await kill(fleet, dead);
  assertLessOrEqual(await fleet.until(granted) - died, TTL + 2000);
  const { held, pending } = await fleet.until(waiter.locks.query());
  assertEquals([held.length, pending.length], [1, 0]);
});

Deno.test("A crash of a process that holds 1,000 locks frees all of them within ttl + 2 s if each has a waiter", async () => {
  const [fleet, dead, waiter] = fleetOf(2);
  await using _ = fleet;
  assert(waiter);
  const names = Array.from({ length: 1000 }, (_, index) => `lock ${index}`);
  await fleet.until(Promise.all(names.map((name) => dead.locks.acquire(name))));
  const granted = Promise.all(names.map((name) => waiter.locks.acquire(name)));
  await fleet.clock.advance(300);
  const died = await kill(fleet, dead);
  fleet.reset();
  await fleet.until(granted);
  assertLessOrEqual(fleet.clock.now() - died, TTL + 2000);
  assertEquals(burials(waiter), 1);
});

Deno.test("A lock that is only ever tried is had once its dead holder's lease is over", async () => {
  const [fleet, dead, other] = fleetOf(2);
  await using _ = fleet;
  assert(other);
  await fleet.until(dead.locks.acquire("a"));
  await kill(fleet, dead);
  assertEquals(await fleet.until(other.locks.acquire("a", { ifAvailable: true })), null);
  await fleet.clock.advance(TTL + 300);
  assert(await fleet.until(other.locks.acquire("a", { ifAvailable: true })));
});

Deno.test("A lock ends by the clock of its process once the session cannot be renewed", async () => {
  const [fleet, holder] = fleetOf(1);
  const lock = await fleet.until(holder.locks.acquire("a"));
  await kill(fleet, holder);
  await fleet.clock.advance(0.9 * TTL - 5);
  assertEquals([lock.held, lock.signal.aborted], [true, false]);
  await fleet.clock.advance(5);
  assertEquals([lock.held, lock.remaining, lock.signal.aborted], [false, 0, true]);
});

Deno.test("A waiter whose session was lost has a ticket under the next one within 0.5 s, though nobody else waits", async () => {
  const [fleet, holder, waiter] = fleetOf(2);
  await using _ = fleet;
  assert(waiter);
  await fleet.until(holder.locks.acquire("a"));
  const waiting = waiter.locks.acquire("a").catch(() => {});
  await fleet.pass(100);
  waiter.isCut = true;
  await fleet.pass(TTL + 100);
  waiter.isCut = false;
  waiter.sent.length = 0;
  await fleet.pass(500);
  assertEquals(waiter.sent.filter((each) => each.startsWith("append")).length, 1);
  await fleet.close();
  await waiting;
});
