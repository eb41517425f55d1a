import { assert, assertEquals, assertRejects } from "@std/assert";
import { type Health, LeaseLostError, type Locker } from "@x/natslock";
import { JumpingClock } from "../helpers/jumping_clock.ts";
import { TTL, VirtualLab } from "../helpers/virtual.ts";

/** Longest wait for an answer in the virtual bucket, in ms. */
const REQUEST = TTL / 4;
/** Time from a renewal to the next, in ms. */
const RENEW = TTL / 3;

const stateOf = ({ ok, reason }: Health): unknown => [ok, reason];
const OK = [true, "ok"];

/** Runs `body` while the work of `run()` holds the lock. `settle` ends the work. */
async function whileWorking(
  body: (of: { lab: VirtualLab; clock: JumpingClock; locker: Locker; settle: () => Promise<void> }) => Promise<void>,
): Promise<void> {
  const clock = new JumpingClock();
  await using lab = new VirtualLab({}, clock);
  const { locker } = lab.locker();
  const [begun, settled] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  const running = locker.run(() => (begun.resolve(), settled.promise));
  const ended = running.then(() => {}, () => {});
  await lab.until(begun.promise);
  const settle = () => (settled.resolve(), lab.until(ended));
  await body({ lab, clock, locker, settle });
  await settle();
}

Deno.test("Locker.health() is ok before the first call, with nothing known", () => {
  const { locker } = new VirtualLab().locker();
  assertEquals(locker.health(), { ok: true, reason: "ok", connected: null, lastContact: null, lease: null });
});

Deno.test("Locker.health() sends nothing", async () => {
  await using lab = new VirtualLab();
  const { locker } = lab.locker();
  for (let calls = 0; calls < 100; calls++) locker.health();
  await lab.clock.advance(10 * TTL);
  assertEquals(lab.sent, 0);
});

Deno.test("Locker.health() shows the lease that is held", () =>
  whileWorking(async ({ lab, locker }) => {
    locker.health();
    await lab.clock.advance(RENEW + 10);
    const lease = { token: 1, epoch: locker.epoch ?? "", held: true, remaining: 800 };
    assertEquals(locker.health(), { ok: true, reason: "ok", connected: null, lastContact: 10, lease });
  }));

Deno.test("Locker.health() of a candidate that waits is ok for as long as it waits", async () => {
  await using lab = new VirtualLab();
  const [holder, waiter] = [lab.locker().locker, lab.locker().locker];
  await lab.until(holder.acquire());
  waiter.health();
  const waiting = waiter.acquire();
  for (let passed = 0; passed < 20; passed++) {
    await lab.clock.advance(TTL / 5);
    const { lastContact, ...health } = waiter.health();
    assertEquals(health, { ok: true, reason: "ok", connected: null, lease: null });
    assert(lastContact !== null && lastContact <= RENEW, `${lastContact}`);
  }
  await holder.close();
  await lab.until(waiting);
});

Deno.test("Locker.health() is silent once a request has no answer for requestTimeout, although no timer runs", () =>
  whileWorking(async ({ lab, clock, locker }) => {
    locker.health();
    lab.fate = () => "drop";
    await clock.advance(RENEW);
    clock.skipped = REQUEST - 1;
    assertEquals(stateOf(locker.health()), OK);
    clock.skipped = REQUEST;
    assertEquals(stateOf(locker.health()), [false, "silent"]);
    lab.fate = () => "pass";
  }));

Deno.test("Locker.health() is ok again with the first answer after a silence", () =>
  whileWorking(async ({ lab, locker }) => {
    locker.health();
    lab.fate = () => "drop";
    await lab.clock.advance(RENEW + REQUEST);
    assertEquals(stateOf(locker.health()), [false, "silent"]);
    lab.fate = () => "pass";
    await lab.clock.advance(TTL / 15 + 100);
    assertEquals(stateOf(locker.health()), OK);
  }));

Deno.test("Locker.health() forgets a silence one lease length after the last request", async () => {
  await using lab = new VirtualLab();
  const { locker } = lab.locker();
  locker.health();
  lab.fate = () => "drop";
  assertEquals(await lab.until(locker.tryAcquire().catch(() => "rejected")), "rejected");
  await lab.clock.advance(REQUEST);
  assertEquals(stateOf(locker.health()), [false, "silent"]);
  // The removal of what may have been written is tried for one lease length.
  await lab.clock.advance(2 * TTL + REQUEST);
  assertEquals(stateOf(locker.health()), OK);
});

Deno.test("Locker.health() is renewal_overdue by the clock, although no timer runs and nothing is asked", () =>
  whileWorking(({ clock, locker }) => {
    clock.skipped = RENEW + REQUEST - 1;
    assertEquals(stateOf(locker.health()), OK);
    clock.skipped = RENEW + REQUEST;
    const { lease, ...health } = locker.health();
    assertEquals([stateOf({ lease, ...health }), lease?.held], [[false, "renewal_overdue"], true]);
    clock.skipped = 0;
    return Promise.resolve();
  }));

Deno.test("Locker.health() is lost at the end of the lease by the clock, as after a sleep, until the work has settled", () =>
  whileWorking(async ({ clock, locker, settle }) => {
    clock.skipped = TTL;
    const { lease, ...health } = locker.health();
    assertEquals([lease, stateOf({ lease, ...health })], [null, [false, "lost"]]);
    await settle();
    assertEquals(stateOf(locker.health()), OK);
  }));

Deno.test("Locker.health() is lost after the loss of a lease of acquire() until it is released", async () => {
  await using lab = new VirtualLab();
  const { locker } = lab.locker();
  const lease = await lab.until(locker.acquire());
  lab.store.put("leader", "mark");
  await lab.clock.advance(RENEW);
  assertEquals([lease.held, ...stateOf(locker.health()) as unknown[]], [false, false, "lost"]);
  await lease.release();
  assertEquals(stateOf(locker.health()), OK);
});

Deno.test("Locker.health() is lost after the loss of a lease of acquire() until the Locker asks again", async () => {
  await using lab = new VirtualLab();
  const { locker } = lab.locker();
  await lab.until(locker.acquire());
  lab.store.put("leader", "mark");
  await lab.clock.advance(RENEW);
  assertEquals(stateOf(locker.health()), [false, "lost"]);
  await lab.until(locker.acquire());
  assertEquals(stateOf(locker.health()), OK);
});

Deno.test("Locker.health() is lost if the loop that calls acquireLead() hangs, until its next call", async () => {
  const clock = new JumpingClock();
  await using lab = new VirtualLab({}, clock);
  const { locker } = lab.locker();
  assert(await lab.until(locker.acquireLead()));
  assertEquals([locker.health().lease?.held, stateOf(locker.health())], [true, OK]);
  clock.skipped = TTL;
  assertEquals(stateOf(locker.health()), [false, "lost"]);
  assert(await lab.until(locker.acquireLead()));
  assertEquals(stateOf(locker.health()), OK);
});

Deno.test("Locker.health() shows a lease that is not held while its work was asked to stop", () =>
  whileWorking(async ({ lab, locker, settle }) => {
    const releasing = locker.releaseLead();
    await lab.clock.advance(RENEW + REQUEST + 10);
    const { ok, lease } = locker.health();
    assertEquals([ok, lease?.held], [true, false]);
    await settle();
    await lab.until(releasing);
    assertEquals([locker.health().lease, stateOf(locker.health())], [null, OK]);
  }));

Deno.test("Locker.run() rejects with the loss if its work outlives its lease after releaseLead()", async () => {
  await using lab = new VirtualLab();
  const { locker } = lab.locker();
  const running = locker.run(() => new Promise<void>((resolve) => lab.clock.after(2 * TTL, resolve)));
  running.catch(() => {});
  await lab.clock.advance(10);
  locker.releaseLead();
  const error = await assertRejects(() => lab.until(running), LeaseLostError);
  assertEquals(error.why, "deadline");
});

Deno.test("Locker.health() is closed after close(), also while work still runs", () =>
  whileWorking(async ({ lab, locker, settle }) => {
    const closing = locker.close();
    assertEquals(stateOf(locker.health()), [false, "closed"]);
    await settle();
    await lab.until(closing);
    assertEquals([locker.health().lease, stateOf(locker.health())], [null, [false, "closed"]]);
  }));
