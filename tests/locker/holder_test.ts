import { assert, assertEquals, assertRejects } from "@std/assert";
import { ConnectionError, LockerClosedError } from "@x/natslock";
import { type Fate, TTL, VirtualLab } from "../helpers/virtual.ts";

Deno.test("Locker.acquire() leaves no record when it is aborted or closed at the moment of its grant", async () => {
  await using lab = new VirtualLab();
  const controller = new AbortController();
  const onEvent = ({ type }: { type: string }) => type === "acquired" && controller.abort(new Error("mine"));
  const aborted = lab.locker({ onEvent }).locker.acquire(controller);
  await assertRejects(() => lab.until(aborted), Error, "mine");
  await lab.clock.advance(10);
  assertEquals(lab.store.look("leader").kind, "vacant");
  let close = () => {};
  const { locker } = lab.locker({ onEvent: ({ type }) => type === "acquired" && close() });
  close = () => void locker.close();
  await assertRejects(() => lab.until(locker.acquire()), LockerClosedError);
  await lab.clock.advance(10);
  assertEquals([lab.store.look("leader").kind, locker.token], ["vacant", null]);
});

Deno.test("Locker.tryAcquire() returns null while another holds the lock, and while this Locker does", async () => {
  await using lab = new VirtualLab();
  const [a, b] = [lab.locker().locker, lab.locker().locker];
  const lease = await lab.until(a.tryAcquire());
  assertEquals([lease?.held, await lab.until(b.tryAcquire()), await lab.until(a.tryAcquire())], [true, null, null]);
});

Deno.test("Locker.tryAcquire() rejects at an error and leaves no record", async () => {
  await using lab = new VirtualLab();
  lab.fate = ({ kind }) => kind === "write" ? "drop answer" : "drop";
  await assertRejects(() => lab.until(lab.locker().locker.tryAcquire()), ConnectionError);
  lab.fate = () => "pass";
  await lab.clock.advance(200);
  assertEquals(lab.store.look("leader").kind, "vacant");
});

Deno.test("Locker.acquireLead() renews a lease that is held, and releaseLead() releases it", async () => {
  await using lab = new VirtualLab();
  const { locker } = lab.locker();
  const lease = await lab.until(locker.acquire());
  const before = lab.sent;
  await lab.clock.advance(200);
  assertEquals([await lab.until(locker.acquireLead()), lab.sent], [true, before + 1]);
  assertEquals(lease.remaining, 0.9 * TTL);
  await lab.until(locker.releaseLead());
  assertEquals([lease.held, lab.store.look("leader").kind], [false, "vacant"]);
});

Deno.test("Locker.acquire() waits while the same Locker leads by acquireLead()", async () => {
  await using lab = new VirtualLab();
  const { locker } = lab.locker();
  await lab.until(locker.acquireLead());
  assertEquals(await lab.until(locker.tryAcquire()), null);
  const waiting = locker.acquire();
  await lab.clock.advance(50);
  await lab.until(locker.releaseLead());
  assert((await lab.until(waiting)).held);
});

Deno.test("Locker.acquireLead() after a lease does not renew by itself", async () => {
  await using lab = new VirtualLab();
  const { locker } = lab.locker();
  const lease = await lab.until(locker.acquire());
  await lab.until(lease.release());
  await lab.until(locker.acquireLead());
  await lab.clock.advance(TTL);
  assertEquals([locker.token, lab.store.look("leader").kind], [null, "vacant"]);
});

Deno.test("Locker.acquire() that is aborted does not end a lead by calls of the same Locker", async () => {
  await using lab = new VirtualLab();
  const { locker } = lab.locker();
  await lab.until(locker.acquireLead());
  const controller = new AbortController();
  const waiting = locker.acquire(controller);
  waiting.catch(() => {});
  await lab.clock.advance(10);
  controller.abort(new Error("mine"));
  await assertRejects(() => lab.until(waiting), Error, "mine");
  await lab.clock.advance(10);
  assertEquals([locker.token, lab.store.look("leader").kind], [1, "held"]);
});

Deno.test("Locker.acquireLead() returns false while work stands down, and keeps its record", async () => {
  await using lab = new VirtualLab();
  const { locker } = lab.locker();
  const [stop, started, settled] = [
    new AbortController(),
    Promise.withResolvers<void>(),
    Promise.withResolvers<void>(),
  ];
  const leading = locker.lead(() => (started.resolve(), settled.promise), stop);
  leading.catch(() => {});
  await lab.until(started.promise);
  stop.abort(new Error("enough"));
  assertEquals(await lab.until(locker.acquireLead()), false);
  await lab.clock.advance(3 * TTL);
  assertEquals(lab.store.look("leader").kind, "held");
  settled.resolve();
  await lab.until(leading);
});

Deno.test("Locker.acquireLead() after a try that failed does not renew by itself either", async () => {
  await using lab = new VirtualLab();
  const { locker, events } = lab.locker();
  const fates: Fate[] = ["drop", "drop", "pass", "pass", "drop", "drop"];
  lab.fate = () => fates.shift() ?? "pass";
  lab.delay = () => new Promise<void>((resolve) => lab.clock.after(50, resolve));
  const controller = new AbortController();
  const waiting = locker.acquire(controller);
  waiting.catch(() => {});
  await lab.clock.advance(10);
  const leading = locker.acquireLead();
  leading.catch(() => {});
  // Now the wait pauses and the call is in flight.
  await lab.clock.advance(210);
  controller.abort(new Error("mine"));
  await assertRejects(() => lab.until(waiting), Error, "mine");
  await lab.until(leading.catch(() => {}));
  await lab.clock.advance(3 * TTL);
  assertEquals(events.filter(({ type }) => type === "renewed"), []);
  assertEquals([locker.token, lab.store.look("leader").kind], [null, "vacant"]);
});

Deno.test("Locker.epoch is that of the current hold, also after the bucket was re-created", async () => {
  await using lab = new VirtualLab();
  const { locker } = lab.locker();
  assertEquals(locker.epoch, null);
  await lab.until(locker.acquireLead());
  const first = locker.epoch;
  assertEquals(first, (await lab.until(lab.store.settings())).epoch);
  lab.store.recreateBucket();
  await lab.clock.advance(TTL);
  assertEquals([locker.token, locker.epoch], [null, null]);
  // The grant at revision 1 shows that the stream is another one, so it is requested once more.
  assertEquals(await lab.until(locker.acquireLead()), true);
  assertEquals(locker.epoch, (await lab.until(lab.store.settings({ fresh: true }))).epoch);
  assert(locker.epoch !== first);
});
