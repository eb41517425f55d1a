import {
  assert,
  assertEquals,
  assertGreater,
  assertLessOrEqual,
  assertNotEquals,
  assertStringIncludes,
} from "@std/assert";
import { LockManager } from "../../src/locks/lock_manager.ts";
import { fleetOf, TTL } from "./fleet.ts";

/** Returns the keys of sessions to which a kind of request was sent, in their order. */
const keysOf = (sent: readonly string[], kind: string): string[] =>
  sent.filter((each) => each.startsWith(`${kind} =s.`)).map((each) => each.slice(kind.length + 1));

Deno.test("A session whose first record had to be withdrawn opens under another id, since a marker means its death", async () => {
  const [fleet, member] = fleetOf(1);
  await using _ = fleet;
  let writes = 0;
  // The first write is stored, and answered when the lease that it began is over but its record still stands.
  member.delayOf = (request) => request.startsWith("write =s.") && writes++ === 0 ? 0.95 * TTL : 0;
  const lock = await fleet.until(member.locks.acquire("a"));
  assert(lock.held);
  const [first, second] = keysOf(member.sent, "write");
  assertNotEquals(first, second);
  assertEquals(keysOf(member.sent, "remove"), [first]);
});

Deno.test("A session that opens under another id after an outage reports the outage, and its end, once", async () => {
  const [fleet, member] = fleetOf(1, { timing: { requestTimeout: 50, retryEvery: 50 } });
  await using _ = fleet;
  let writes = 0;
  member.delayOf = (request) => request.startsWith("write =s.") && writes++ === 0 ? Infinity : 0;
  const acquired = member.locks.acquire("a");
  await fleet.pass(5);
  member.isCut = true;
  // By its own clock the lease is over then, while the record still stands.
  await fleet.pass(0.95 * TTL);
  member.isCut = false;
  const lock = await fleet.until(acquired);
  assertEquals(keysOf(member.sent, "remove").length, 1);
  assertEquals(
    member.events.map(({ type }) => type).filter((type) => type === "retrying" || type === "recovered"),
    ["retrying", "recovered"],
  );
  assert(lock.held);
});

Deno.test("A session whose keys are always taken tries under other ids with pauses, and reports that once", async () => {
  const [fleet, member] = fleetOf(1);
  await using _ = fleet;
  // Something puts a marker on each new key before the first record arrives.
  const { store, clock } = fleet;
  const taken = store.link({
    intercept: (request) => {
      if (request.kind === "write" && request.key.startsWith("=s.")) {
        store.remove(request.key, { expected: 0, timeout: 1 });
      }
      member.sent.push(`${request.kind} ${request.key}`);
      return Promise.resolve(request.perform());
    },
  });
  const events: string[] = [];
  const locks = new LockManager({
    store: taken,
    clock,
    random: fleet.random,
    ttl: TTL,
    onEvent: ({ type }) => events.push(type),
  });
  const waiting = locks.acquire("a").catch((error: Error) => error.name);
  const refused = locks.acquire("b", { ifAvailable: true }).catch((error: Error) => error.message);
  await fleet.pass(10 * TTL / 15);
  assertStringIncludes(`${await refused}`, "The next try has another id");
  const tries = keysOf(member.sent, "write").length;
  assert(tries >= 9 && tries <= 15, `${tries} tries in ten pauses`);
  assertEquals(events, ["retrying"]);
  await fleet.until(locks.close());
  assertEquals(await waiting, "LockerClosedError");
});

Deno.test("A session that waits for its next id ends at once when its lock manager is closed", async () => {
  const [fleet, member] = fleetOf(1);
  await using _ = fleet;
  let writes = 0;
  member.delayOf = (request) => request.startsWith("write =s.") && writes++ === 0 ? 0.95 * TTL : 0;
  const acquired = member.locks.acquire("a").catch((error: Error) => error.name);
  while (keysOf(member.sent, "remove").length === 0) await fleet.pass(5);
  await fleet.until(member.locks.close(), 50);
  assertEquals(await acquired, "LockerClosedError");
  assertEquals(new Set(keysOf(member.sent, "write")).size, 1);
});

Deno.test("A session whose first request for the settings gets no answer asks again after one requestTimeout", async () => {
  const [fleet, member] = fleetOf(1, { timing: { requestTimeout: 100 } });
  await using _ = fleet;
  let asked = 0;
  member.delayOf = (request) => request.startsWith("settings") && asked++ === 0 ? Infinity : 0;
  const begun = fleet.clock.now();
  await fleet.until(member.locks.acquire("a"));
  // As long as nothing is known of the bucket, the pause is a second.
  assertLessOrEqual(fleet.clock.now() - begun, 1200);
  assertEquals(asked, 2);
});

Deno.test("After the bucket was re-created no lock is granted under a session and an epoch of the former bucket", async () => {
  const [fleet, member, other] = fleetOf(2);
  await using _ = fleet;
  // The revisions of the former bucket are far higher.
  for (let round = 0; round < 20; round++) await fleet.until(other.locks.request("warm", () => {}));
  const before = await fleet.until(member.locks.acquire("a"));
  fleet.store.recreateBucket();
  const after = await fleet.until(member.locks.acquire("b"));
  assertEquals(before.held, false);
  assertNotEquals(after.epoch, before.epoch);
  const [session] = keysOf(member.sent, "write").slice(-1);
  assertGreater(keysOf(member.sent, "write").length, 1);
  assertEquals((await fleet.until(member.locks.query())).held.map(({ clientId }) => `=s.${clientId}`), [session]);
});

Deno.test("LockManager.query() shows a request that lost its session, with its new ticket", async () => {
  const [fleet, holder, waiter] = fleetOf(2);
  await using _ = fleet;
  await fleet.until(holder.locks.acquire("a"));
  waiter.locks.acquire("a").catch(() => {});
  await fleet.pass(50);
  waiter.isCut = true;
  await fleet.pass(1.2 * TTL);
  waiter.isCut = false;
  const { pending } = await fleet.until(waiter.locks.query());
  assertEquals(pending.filter(({ alive }) => alive).map(({ name }) => name), ["a"]);
});
