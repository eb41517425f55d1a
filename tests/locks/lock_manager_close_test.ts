import { assert, assertEquals, assertInstanceOf, assertRejects } from "@std/assert";
import { LeaseReleasedError, LockerClosedError } from "@x/natslock";
import { fleetOf, TTL } from "./fleet.ts";

const never = () => new Promise<never>(() => {});

Deno.test("LockManager.close() ends waits with a LockerClosedError, and later calls too", async () => {
  const [fleet, { locks }, second] = fleetOf(2);
  await using _ = fleet;
  await fleet.until(locks.acquire("a"));
  const waiting = assertRejects(() => second.locks.request("a", never), LockerClosedError);
  await fleet.pass(100);
  await fleet.until(second.locks.close());
  await waiting;
  await assertRejects(() => second.locks.acquire("a"), LockerClosedError);
  await assertRejects(() => second.locks.query(), LockerClosedError);
});

Deno.test("LockManager.close() aborts the signal of work and waits until it has settled", async () => {
  const [fleet, { locks }, second] = fleetOf(2);
  await using _ = fleet;
  let finish = () => {};
  let signal: AbortSignal | undefined;
  const done = assertRejects(
    () =>
      locks.request("a", async (lock) => {
        signal = lock.signal;
        await new Promise<void>((resolve) => finish = resolve);
      }),
    LockerClosedError,
  );
  await fleet.pass(100);
  const next = second.locks.acquire("a");
  await fleet.pass(100);
  let isClosed = false;
  const closing = locks.close().then(() => isClosed = true);
  await fleet.pass(500);
  assertEquals([signal?.aborted, isClosed], [true, false]);
  assertInstanceOf(signal?.reason, LeaseReleasedError);
  finish();
  await fleet.until(closing);
  await done;
  assert((await fleet.until(next)).held);
});

Deno.test("LockManager.close() waits for work that never settles only for the rest of the lease", async () => {
  const [fleet, { locks }, second] = fleetOf(2);
  await using _ = fleet;
  locks.request("a", never).catch(() => {});
  await fleet.pass(100);
  const next = second.locks.acquire("a");
  await fleet.pass(100);
  const before = fleet.clock.now();
  await fleet.until(locks.close());
  assert(fleet.clock.now() - before <= TTL);
  assert((await fleet.until(next)).held);
});

Deno.test("LockManager.close() leaves no ticket and no session behind", async () => {
  const [fleet, { locks }] = fleetOf(1);
  await fleet.until(Promise.all(["a", "b", "c"].map((name) => locks.acquire(name))));
  locks.acquire("a").catch(() => {});
  await fleet.pass(100);
  await fleet.close();
  const all = [];
  for (const filter of ["=q.>", "=s.>"]) {
    const found = await fleet.store.scan(filter, { from: 1, timeout: 1000 });
    if (found.kind === "seen") all.push(...found.entries.filter(({ keyState }) => keyState.kind !== "vacant"));
  }
  assertEquals(all, []);
});
