import { assert, assertEquals, assertRejects } from "@std/assert";
import { AcquireTimeoutError, BadParameterError, ConnectionError, LockerClosedError } from "@x/natslock";
import { TTL, VirtualLab } from "../helpers/virtual.ts";

Deno.test("Locker.acquire() of a free lock sends one message", async () => {
  await using lab = new VirtualLab();
  await lab.until(lab.locker().locker.acquire());
  assertEquals(lab.sent, 1);
});

Deno.test("Locker.acquire() takes the lock after a pushed release with one message", async () => {
  await using lab = new VirtualLab();
  const [a, b] = [lab.locker().locker, lab.locker().locker];
  const held = await lab.until(a.acquire());
  const waiting = b.acquire();
  await lab.clock.advance(10);
  const before = lab.sent;
  await held.release();
  const lease = await lab.until(waiting);
  assertEquals([lease.held, lab.sent - before], [true, 2]);
});

Deno.test("Locker.acquire() sends no message while it waits and the holder renews", async () => {
  await using lab = new VirtualLab();
  const [a, b] = [lab.locker().locker, lab.locker().locker];
  await lab.until(a.acquire());
  b.acquire().catch(() => {});
  await lab.clock.advance(10);
  const before = lab.sent;
  await lab.clock.advance(10 * TTL);
  // One message asks for the age of the record that was there before.
  assertEquals(lab.sent - before, 30 + 1);
});

Deno.test("Locker.acquire() takes over after a crash with few messages, and not before the lease has run out", async () => {
  await using lab = new VirtualLab({ lag: () => 300 });
  const dead = lab.locker().locker;
  await lab.until(dead.acquireLead());
  const [start, before] = [lab.clock.now(), lab.sent];
  const lease = await lab.until(lab.locker().locker.acquire());
  const took = lab.clock.now() - start;
  assert(lease.held && took >= TTL && took <= TTL + 500, `${took}`);
  assert(lab.sent - before <= 10, `${lab.sent - before}`);
});

Deno.test("Locker.acquire() finds a release whose push was lost", async () => {
  await using lab = new VirtualLab({ push: () => {} });
  const [a, b] = [lab.locker().locker, lab.locker().locker];
  const held = await lab.until(a.acquire());
  const waiting = b.acquire();
  await lab.clock.advance(10);
  await held.release();
  assert((await lab.until(waiting)).held);
});

Deno.test("Locker.acquire() reads the key again after a gap", async () => {
  let deaf = false;
  await using lab = new VirtualLab({ push: (hint, deliver) => deaf && hint.kind === "seen" || deliver() });
  const [a, b] = [lab.locker().locker, lab.locker().locker];
  const held = await lab.until(a.acquire());
  const waiting = b.acquire();
  await lab.clock.advance(10);
  deaf = true;
  await held.release();
  const start = lab.clock.now();
  lab.store.tell({ kind: "gap" });
  assert((await lab.until(waiting)).held);
  assert(lab.clock.now() - start < TTL / 2);
});

Deno.test("Locker.acquire() rejects with the signal's reason and ends its watch", async () => {
  await using lab = new VirtualLab();
  const [a, b] = [lab.locker().locker, lab.locker().locker];
  await lab.until(a.acquire());
  const [controller, reason] = [new AbortController(), new Error("mine")];
  const waiting = b.acquire({ signal: controller.signal });
  waiting.catch(() => {});
  await lab.clock.advance(10);
  assertEquals(lab.store.watches, 1);
  controller.abort(reason);
  assertEquals(await waiting.catch((error) => error), reason);
  await lab.clock.advance(10);
  assertEquals(lab.store.watches, 0);
});

Deno.test("Locker.acquire() with an aborted signal rejects before it sends a message", async () => {
  await using lab = new VirtualLab();
  const reason = new Error("mine");
  const error = await lab.locker().locker.acquire({ signal: AbortSignal.abort(reason) }).catch((error) => error);
  assertEquals([error, lab.sent], [reason, 0]);
});

Deno.test("Locker.acquire() leaves no record when it is aborted while its write is in flight", async () => {
  await using lab = new VirtualLab();
  const controller = new AbortController();
  let go = () => {};
  const late = new Promise<void>((resolve) => go = resolve);
  lab.delay = () => late;
  const waiting = lab.locker().locker.acquire({ signal: controller.signal });
  waiting.catch(() => {});
  await lab.clock.advance(1);
  assertEquals(lab.store.look("leader").kind, "held");
  controller.abort(new Error("mine"));
  lab.delay = null;
  go();
  await assertRejects(() => waiting, Error, "mine");
  await lab.clock.advance(10);
  assertEquals(lab.store.look("leader").kind, "vacant");
});

Deno.test("Locker.acquire() rejects with an AcquireTimeoutError after its timeout", async () => {
  await using lab = new VirtualLab();
  const [a, b] = [lab.locker().locker, lab.locker().locker];
  await lab.until(a.acquire());
  const start = lab.clock.now();
  await assertRejects(() => lab.until(b.acquire({ timeout: 500 })), AcquireTimeoutError, "500 ms");
  assert(lab.clock.now() - start <= 510);
});

Deno.test("Locker.acquire() rejects an invalid timeout", async () => {
  await using lab = new VirtualLab();
  for (const timeout of [-1, NaN]) {
    await assertRejects(() => lab.locker().locker.acquire({ timeout }), BadParameterError, '"timeout"');
  }
});

Deno.test("Locker.close() ends a wait", async () => {
  await using lab = new VirtualLab();
  const [a, b] = [lab.locker().locker, lab.locker().locker];
  await lab.until(a.acquire());
  const waiting = b.acquire();
  waiting.catch(() => {});
  await lab.clock.advance(10);
  await lab.until(b.close());
  await assertRejects(() => waiting, LockerClosedError);
  assertEquals(lab.store.watches, 0);
});

Deno.test("Locker.acquire() retries transient errors, and rejects with lasting ones", async () => {
  await using lab = new VirtualLab();
  lab.fate = () => "drop";
  const waiting = lab.locker().locker.acquire();
  await lab.clock.advance(3 * TTL);
  lab.fate = () => "pass";
  const lease = await lab.until(waiting);
  assert(lease.held);
  const other = lab.locker().locker.acquire();
  other.catch(() => {});
  await lab.clock.advance(10);
  lab.store.deleteBucket();
  lab.store.tell({ kind: "gap" });
  await assertRejects(() => lab.until(other), ConnectionError, "does not exist");
});

Deno.test("Locker.acquire() and observe() retry while the bucket's settings cannot be read yet", async () => {
  await using lab = new VirtualLab();
  const settings = lab.store.settings.bind(lab.store);
  lab.store.settings = () => Promise.reject(new ConnectionError("timeout", "no answer in time"));
  const waiting = lab.locker().locker.acquire();
  const observing = lab.locker().locker.observe()[Symbol.asyncIterator]().next();
  await lab.clock.advance(3 * TTL);
  lab.store.settings = settings;
  const lease = await lab.until(waiting);
  assert(lease.held);
  assert(!(await lab.until(observing)).done);
});

Deno.test("Locker.acquire() behind a lead by calls of the same Locker gets the lock at once when that lead is evicted", async () => {
  await using lab = new VirtualLab();
  const { locker } = lab.locker();
  await lab.until(locker.acquireLead());
  const waiting = locker.acquire();
  await lab.clock.advance(TTL / 10);
  lab.store.put("leader", "mark", 1000);
  await lab.clock.advance(5);
  assert((await waiting).held);
});
