import { assert, assertEquals, assertRejects } from "@std/assert";
import { type Lease, LeaseLostError } from "@x/natslock";
import { TTL, VirtualLab } from "../helpers/virtual.ts";

const passes = (lab: VirtualLab, ms: number) => lab.until(new Promise<void>((resolve) => lab.clock.after(ms, resolve)));

/** Returns what a promise has resolved to; `null` if it has not settled. */
const now = <T>(promise: Promise<T>): Promise<T | null> => Promise.race([promise, Promise.resolve(null)]);

Deno.test("Locker.run() that lost its lease does not release what the same Locker was granted meanwhile", async () => {
  await using lab = new VirtualLab();
  const { locker } = lab.locker();
  const [begun, settled] = [Promise.withResolvers<Lease>(), Promise.withResolvers<void>()];
  const running = locker.run((lease) => (begun.resolve(lease), settled.promise));
  running.catch(() => {});
  const lost = await lab.until(begun.promise);
  lab.fate = () => "drop";
  await passes(lab, TTL);
  assertEquals(lost.held, false);
  lab.fate = () => "pass";
  const next = await lab.until(locker.acquire());
  settled.resolve();
  await assertRejects(() => lab.until(running), LeaseLostError);
  await passes(lab, 10);
  assertEquals([next.held, locker.token, lab.store.look("leader").kind], [true, next.token, "held"]);
});

Deno.test("Locker.lead() that lost its lease does not release what the same Locker was granted meanwhile", async () => {
  await using lab = new VirtualLab();
  const { locker } = lab.locker();
  const [begun, settled, stop] = [
    Promise.withResolvers<Lease>(),
    Promise.withResolvers<void>(),
    new AbortController(),
  ];
  const leading = locker.lead((lease) => (begun.resolve(lease), settled.promise), stop).catch(() => {});
  await lab.until(begun.promise);
  lab.fate = () => "drop";
  await passes(lab, TTL);
  lab.fate = () => "pass";
  const next = await lab.until(locker.acquire());
  // The abort asks it to stand down from a lease that it has lost already.
  stop.abort(new Error("enough"));
  settled.resolve();
  await lab.until(leading);
  await passes(lab, 10);
  assertEquals([next.held, locker.token], [true, next.token]);
});

Deno.test("Lease.release() of a lost lease does not touch what the same Locker was granted since", async () => {
  await using lab = new VirtualLab();
  const { locker } = lab.locker();
  const lost = await lab.until(locker.acquire());
  lab.fate = () => "drop";
  await passes(lab, TTL);
  lab.fate = () => "pass";
  const next = await lab.until(locker.acquire());
  await lab.until(lost.release());
  assertEquals([lost.held, lost.remaining, next.held], [false, 0, true]);
});

Deno.test("Locker.acquire() and tryAcquire() send nothing and watch nothing while the same Locker holds a lease", async () => {
  await using lab = new VirtualLab();
  const { locker } = lab.locker();
  const lease = await lab.until(locker.acquire());
  const before = lab.sent;
  const waiting = [locker.acquire(), locker.acquire()];
  for (const wait of waiting) wait.catch(() => {});
  assertEquals(await lab.until(locker.tryAcquire()), null);
  await passes(lab, 10);
  assertEquals([lab.sent - before, lab.store.watches], [0, 0]);
  await lab.until(lease.release());
  const [first, second] = waiting;
  const next = await lab.until(Promise.resolve(first));
  assertEquals([next?.held, await now(second ?? Promise.reject())], [true, null]);
});

Deno.test("Locker.close() without a reachable server leaves no timer and sends nothing afterwards", async () => {
  await using lab = new VirtualLab();
  const { locker } = lab.locker();
  const lease = await lab.until(locker.acquire());
  lab.fate = () => "drop";
  await lab.until(locker.close());
  assertEquals([lease.held, locker.token], [false, null]);
  // The last request may still be answered.
  await passes(lab, TTL / 2);
  const before = lab.sent;
  await passes(lab, 3 * TTL);
  assertEquals([lab.sent - before, lab.clock.pending], [0, 0]);
});

Deno.test("Locker.acquire() that is aborted during its first read reports no wait, and watches nothing", async () => {
  await using lab = new VirtualLab();
  await lab.until(lab.locker().locker.acquire());
  const [{ locker, events }, stop] = [lab.locker(), new AbortController()];
  const answer = Promise.withResolvers<void>();
  lab.delay = () => answer.promise;
  const waiting = locker.acquire(stop);
  waiting.catch(() => {});
  await passes(lab, 10);
  stop.abort(new Error("mine"));
  lab.delay = null;
  answer.resolve();
  await assertRejects(() => lab.until(waiting), Error, "mine");
  await passes(lab, 10);
  assertEquals([events.filter(({ type }) => type === "waiting"), lab.store.watches], [[], 0]);
});

Deno.test("Locker.acquire() without a timeout sets no timer for one", async () => {
  await using lab = new VirtualLab();
  const lease = await lab.until(lab.locker().locker.acquire());
  const pending = lab.clock.pending;
  const waits = [lab.locker().locker.acquire({ timeout: Infinity }), lab.locker().locker.acquire()];
  for (const wait of waits) wait.catch(() => {});
  await passes(lab, 300);
  // Each wait has the timer of its watch, once it has asked for the age of the record.
  assertEquals(lab.clock.pending - pending, 2);
  assert(lease.held);
});
