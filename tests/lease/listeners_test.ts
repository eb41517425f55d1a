import { assertEquals, assertInstanceOf, assertRejects, assertThrows } from "@std/assert";
import { AcquireTimeoutError, type Listener, LockerClosedError, type WaitEnd } from "@x/natslock";
import { Fleet, type Member } from "../locks/fleet.ts";
import { TTL, VirtualLab } from "../helpers/virtual.ts";

/** A listener that notes what it is told. */
function noting(): Listener & { readonly told: string[]; readonly ends: WaitEnd[] } {
  const [told, ends] = [[] as string[], [] as WaitEnd[]];
  return {
    told,
    ends,
    onEvent: ({ type, key }) => void told.push(`${type} ${key}`),
    onWait: (key) => {
      told.push(`wait ${key}`);
      return (end: WaitEnd) => {
        ends.push(end);
        told.push(`${end.kind} ${key}`);
      };
    },
    onClose: () => void told.push("closed"),
  };
}

Deno.test("Locker.listen tells of waits, events and the close in their order", async () => {
  await using lab = new VirtualLab();
  const { locker } = lab.locker();
  const listener = noting();
  locker.listen(listener);
  const lease = await lab.until(locker.acquire());
  await lab.until(lease.release());
  await lab.until(locker.close());
  assertEquals(listener.told, ["wait leader", "acquired leader", "granted leader", "released leader", "closed"]);
  const [end] = listener.ends;
  assertEquals(end, { kind: "granted", token: lease.token, epoch: lease.epoch, waited: 0 });
});

Deno.test("Locker.listen tells of a wait within the call that begins it", async () => {
  await using lab = new VirtualLab();
  const { locker } = lab.locker();
  const { told, ...listener } = noting();
  locker.listen(listener);
  const acquiring = locker.acquire();
  assertEquals(told, ["wait leader"]);
  await lab.until(acquiring);
});

Deno.test("Locker.listen tells how long a wait was and why it failed", async () => {
  await using lab = new VirtualLab();
  const [{ locker: first }, { locker: second }] = [lab.locker(), lab.locker()];
  await lab.until(first.acquire());
  const { ends, ...listener } = noting();
  second.listen(listener);
  await assertRejects(() => lab.until(second.acquire({ timeout: TTL / 2 })), AcquireTimeoutError);
  const [end] = ends;
  assertEquals([end?.kind, end?.waited], ["failed", TTL / 2]);
  assertInstanceOf(end?.kind === "failed" ? end.error : null, AcquireTimeoutError);
});

Deno.test("Locker.listen returns a function that ends it", async () => {
  await using lab = new VirtualLab();
  const { locker } = lab.locker();
  const listener = noting();
  locker.listen(listener)();
  await lab.until(locker.acquire());
  assertEquals(listener.told, []);
});

Deno.test("Locker.listen does not call a listener that another one removes", async () => {
  await using lab = new VirtualLab();
  const { locker } = lab.locker();
  const listener = noting();
  locker.listen({ onEvent: () => remove() });
  const remove = locker.listen(listener);
  await lab.until(locker.acquire());
  assertEquals(listener.told, ["wait leader", "granted leader"]);
});

Deno.test("Locker.listen tells of the end of each wait before it tells of the close", async () => {
  await using lab = new VirtualLab();
  const [{ locker: first }, { locker }] = [lab.locker(), lab.locker()];
  await lab.until(first.acquire());
  const listener = noting();
  locker.listen(listener);
  const waits = [locker.acquire(), locker.acquire(), locker.acquire({ timeout: 0 })];
  const settled = Promise.allSettled(waits);
  await lab.until(locker.close());
  assertEquals(listener.told.filter((line) => !line.startsWith("wait")), [
    ...Array(3).fill("failed leader"),
    "closed",
  ]);
  await settled;
});

Deno.test("LockManager.listen tells of the end of each wait before it tells of the close", async () => {
  const fleet = new Fleet(2);
  const [{ locks: first }, { locks }] = fleet.members as [Member, Member];
  await fleet.until(first.acquire("a"));
  const listener = noting();
  locks.listen(listener);
  const settled = Promise.allSettled([locks.acquire("a"), locks.acquire(["a", "b"])]);
  await fleet.pass(100);
  await fleet.until(locks.close());
  const ends = listener.told.filter((line) => /^(?:failed|closed)/.test(line));
  assertEquals([ends.at(-1), ends.length > 2, listener.told.at(-1)], ["closed", true, "closed"]);
  await settled;
  await fleet.until(first.close());
});

Deno.test("Locker.listen throws after the close", async () => {
  await using lab = new VirtualLab();
  const { locker } = lab.locker();
  await lab.until(locker.close());
  assertThrows(() => locker.listen({}), LockerClosedError);
});

Deno.test("Locker.listen contains a listener that fails, logs it, and still calls the others", async () => {
  await using lab = new VirtualLab();
  const warnings: string[] = [];
  const warn = (line: unknown) => void warnings.push(String(line));
  const { locker, events } = lab.locker({ logger: { debug: () => {}, info: () => {}, warn } });
  const fail = () => {
    throw new Error("listener");
  };
  const reject = () => Promise.reject(new Error("listener"));
  locker.listen({ onEvent: fail, onWait: () => fail, onClose: fail });
  locker.listen({ onEvent: reject, onWait: () => reject, onClose: reject });
  const listener = noting();
  locker.listen(listener);
  await lab.until(locker.tryAcquire());
  await lab.until(locker.close());
  assertEquals(listener.told, ["acquired leader", "released leader", "closed"]);
  assertEquals(events.map(({ type }) => type), ["acquired", "released"]);
  assertEquals(warnings, Array(6).fill('A listener of "leader" failed'));
});

Deno.test("LockManager.listen tells of the wait for each lock, also if it is refused", async () => {
  const fleet = new Fleet(1);
  const { locks } = fleet.members[0] as Member;
  const listener = noting();
  locks.listen(listener);
  const held = await fleet.until(locks.acquire("a"));
  assertEquals(await fleet.until(locks.acquire("a", { ifAvailable: true })), null);
  await fleet.until(held.release());
  await fleet.until(locks.close());
  assertEquals(listener.told, [
    ...["wait a", "acquired a", "granted a", "wait a", "refused a", "released a", "closed"],
  ]);
  assertEquals(listener.ends[0], {
    kind: "granted",
    token: held.token,
    epoch: held.epoch,
    waited: listener.ends[0]?.waited ?? NaN,
  });
});

Deno.test("LockManager.listen tells of renewals of the session, under its key", async () => {
  const fleet = new Fleet(1);
  const { locks, events } = fleet.members[0] as Member;
  const { told, ...listener } = noting();
  locks.listen(listener);
  await fleet.until(locks.acquire("a"));
  await fleet.pass(1500);
  const [{ id } = { id: "" }] = events;
  assertEquals(told.filter((line) => line.startsWith("renewed")), [`renewed =s.${id}`]);
  await fleet.until(locks.close());
});
