import { assert, assertEquals } from "@std/assert";
import type { Health } from "@x/natslock";
import { fleetOf, TTL } from "./fleet.ts";

/** Longest wait for an answer in ms. */
const REQUEST = TTL / 4;

const stateOf = ({ ok, reason }: Health): unknown => [ok, reason];
const OK = [true, "ok"];

Deno.test("LockManager.health() is ok before the first request, and sends nothing", async () => {
  const [fleet, { locks }] = fleetOf(1);
  await using _ = fleet;
  assertEquals(locks.health(), { ok: true, reason: "ok", connected: null, lastContact: null, lease: null });
  await fleet.pass(TTL);
  assertEquals(fleet.sent, 0);
});

Deno.test("LockManager.health() shows the session, held or waiting", async () => {
  const [fleet, first, second] = fleetOf(2);
  await using _ = fleet;
  first.locks.health();
  second.locks.health();
  await fleet.until(first.locks.acquire("a"));
  const waiting = second.locks.acquire("a");
  await fleet.pass(10 * TTL);
  for (const { locks } of [first, second]) {
    const { ok, lease, lastContact } = locks.health();
    assertEquals([ok, lease?.held], [true, true]);
    assert(lease !== null && lease.remaining > TTL / 2);
    assert(lastContact !== null && lastContact <= TTL / 3 + 5, `${lastContact}`);
  }
  await first.locks.close();
  await fleet.until(waiting);
});

Deno.test("LockManager.health() is silent while cut off, lost while the callback outlives the session, then ok", async () => {
  const [fleet, member] = fleetOf(1);
  await using _ = fleet;
  const { locks } = member;
  locks.health();
  const settled = Promise.withResolvers<void>();
  const ended = locks.request("a", () => settled.promise).then(() => "resolved", () => "rejected");
  await fleet.pass(TTL / 2);
  assertEquals(stateOf(locks.health()), OK);
  member.isCut = true;
  await fleet.pass(TTL / 3 + REQUEST);
  assertEquals([stateOf(locks.health()), locks.health().lease?.held], [[false, "silent"], true]);
  await fleet.pass(TTL);
  assertEquals([stateOf(locks.health()), locks.health().lease], [[false, "lost"], null]);
  settled.resolve();
  assertEquals(await fleet.until(ended), "rejected");
  member.isCut = false;
  await fleet.until(locks.request("b", () => {}));
  assertEquals(stateOf(locks.health()), OK);
});

Deno.test("LockManager.health() is lost while the callback of a stolen lock still runs", async () => {
  const [fleet, first, second] = fleetOf(2);
  await using _ = fleet;
  const settled = Promise.withResolvers<void>();
  const robbed = first.locks.request("a", () => settled.promise).catch(({ name }) => name);
  await fleet.pass(100);
  await fleet.until(second.locks.request("a", { steal: true }, () => {}));
  assertEquals(await fleet.until(robbed), "AbortError");
  assertEquals(stateOf(first.locks.health()), [false, "lost"]);
  settled.resolve();
  await fleet.pass(5);
  assertEquals(stateOf(first.locks.health()), OK);
});

Deno.test("LockManager.health() is lost after the loss of a lock of acquire() until it is released", async () => {
  const [fleet, member] = fleetOf(1);
  await using _ = fleet;
  const lock = await fleet.until(member.locks.acquire("a"));
  member.isCut = true;
  await fleet.pass(TTL);
  assertEquals([lock.held, stateOf(member.locks.health())], [false, [false, "lost"]]);
  member.isCut = false;
  // The removal that began with the loss has not been answered yet.
  await fleet.until(lock.release().catch(() => {}));
  assertEquals(stateOf(member.locks.health()), OK);
});

Deno.test("LockManager.health() is closed after close()", async () => {
  const [fleet, { locks }] = fleetOf(1);
  await fleet.until(locks.acquire("a"));
  const closing = locks.close();
  assertEquals(stateOf(locks.health()), [false, "closed"]);
  await fleet.until(closing);
  assertEquals([stateOf(locks.health()), locks.health().lease], [[false, "closed"], null]);
});
