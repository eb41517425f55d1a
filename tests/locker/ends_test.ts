import { assert, assertEquals, assertInstanceOf, assertRejects } from "@std/assert";
import { type Clock, LeaseLostError, LockerClosedError } from "@x/natslock";
import { ConnectionError } from "../../src/base/errors.ts";
import type { ManualClock } from "../../src/memory/manual_clock.ts";
import { TTL, VirtualLab } from "../helpers/virtual.ts";

/** A clock that work can move as if it kept the event loop busy: no timer fires meanwhile. */
class BusyClock implements Clock {
  busy = 0;
  readonly #clock: ManualClock;

  constructor(clock: ManualClock) {
    this.#clock = clock;
  }

  now(): number {
    return this.#clock.now() + this.busy;
  }

  wall(): number {
    return this.#clock.wall() + this.busy;
  }

  after(delay: number, callback: () => void): () => void {
    return this.#clock.after(delay, callback);
  }
}

for (const [how, wait] of [["at once", null], ["after it has yielded", () => Promise.resolve()]] as const) {
  Deno.test(`Locker.run() rejects with the loss if its work blocks the event loop beyond the lease and returns ${how}`, async () => {
    await using lab = new VirtualLab();
    const clock = new BusyClock(lab.clock);
    const { locker } = lab.locker({ clock });
    const work = async () => {
      await wait?.();
      clock.busy += 2 * TTL;
      return "done";
    };
    const { why } = await assertRejects(() => lab.until(locker.run(work)), LeaseLostError);
    assertEquals(why, "deadline");
  });
}

Deno.test("Locker.lead() goes on when its work throws after it blocked the event loop beyond the lease", async () => {
  await using lab = new VirtualLab();
  const clock = new BusyClock(lab.clock);
  const { locker } = lab.locker({ clock });
  const stop = new AbortController();
  let terms = 0;
  const leading = locker.lead(() => {
    if (++terms === 2) return stop.abort();
    clock.busy += 2 * TTL;
    throw new Error("a consequence of the loss");
  }, stop);
  await lab.until(leading);
  assertEquals(terms, 2);
});

Deno.test("Locker.acquireLead() does not return true for a lease whose renewals fail", async () => {
  await using lab = new VirtualLab();
  const { locker } = lab.locker();
  const lease = await lab.until(locker.acquire());
  lab.fate = () => "drop";
  await lab.clock.advance(0.89 * TTL);
  assert(lease.held);
  await assertRejects(() => lab.until(locker.acquireLead()), ConnectionError);
});

for (const way of ["run", "lead"] as const) {
  for (const end of ["close", "releaseLead"] as const) {
    Deno.test(`Locker.${end}() asks the work of ${way}() to stop at once, and lets nobody in before that has settled`, async () => {
      await using lab = new VirtualLab();
      const [a, b] = [lab.locker().locker, lab.locker().locker];
      const settled = Promise.withResolvers<void>();
      let [signal, working]: [AbortSignal | null, boolean] = [null, false];
      const running = a[way](async (lease) => {
        [signal, working] = [lease.signal, true];
        await settled.promise;
        working = false;
      });
      const ended = running.catch((error: unknown) => error);
      await lab.clock.advance(1);
      const granted = b.acquire().then((lease) => (assert(!working), lease));
      await lab.clock.advance(1);
      const ending = a[end]();
      assertEquals((signal as AbortSignal | null)?.aborted, true);
      await lab.clock.advance(TTL / 2);
      assertEquals([b.token, a.token], [null, null]);
      settled.resolve();
      assert((await lab.until(granted)).held);
      await lab.until(ending);
      if (end === "close") {
        if (way === "lead") assertEquals(await lab.until(ended), undefined);
        else assertInstanceOf(await lab.until(ended), LockerClosedError);
      }
    });

    Deno.test(`Locker.${end}() ends with the lease if the work of ${way}() does not stop`, async () => {
      await using lab = new VirtualLab();
      const [a, b] = [lab.locker().locker, lab.locker().locker];
      a[way](() => new Promise<void>(() => {})).catch(() => {});
      await lab.clock.advance(1);
      const granted = b.acquire();
      const start = lab.clock.now();
      await lab.until(a[end]());
      assert(lab.clock.now() - start <= TTL, `${lab.clock.now() - start}`);
      assert((await lab.until(granted)).held);
    });
  }
}

Deno.test("Locker.close() inside the work of run() ends with the lease, and run() rejects with LockerClosedError", async () => {
  await using lab = new VirtualLab();
  const { locker } = lab.locker();
  await assertRejects(() => lab.until(locker.run(() => locker.close())), LockerClosedError);
});

Deno.test("Lease.release() inside the work of run() does not count as a loss", async () => {
  await using lab = new VirtualLab();
  const work = lab.locker().locker.run(async (lease) => (await lease.release(), "done"));
  assertEquals(await lab.until(work), "done");
});

Deno.test("Locker.run() rejects with the error of its work though the Locker is closed", async () => {
  await using lab = new VirtualLab();
  const { locker } = lab.locker();
  const running = locker.run(async (lease) => {
    await new Promise((stopped) => lease.signal.addEventListener("abort", stopped));
    throw new Error("mine");
  });
  running.catch(() => {});
  await lab.clock.advance(1);
  await lab.until(locker.close());
  await assertRejects(() => running, Error, "mine");
});

for (const how of ["release", "run"] as const) {
  Deno.test(`Locker.close() retries a release that failed in ${how}()`, async () => {
    await using lab = new VirtualLab();
    const { locker } = lab.locker();
    const drop = () => lab.fate = ({ kind }) => kind === "remove" ? "drop" : "pass";
    if (how === "run") await lab.until(locker.run(drop));
    else {
      const lease = await lab.until(locker.acquire());
      drop();
      await assertRejects(() => lab.until(lease.release()), ConnectionError);
    }
    lab.fate = () => "pass";
    await lab.until(locker.close());
    assertEquals(lab.store.look("leader").kind, "vacant");
  });
}

Deno.test("Lease.release() retries after a failure when it is called again, and sends nothing once it is confirmed", async () => {
  await using lab = new VirtualLab();
  const lease = await lab.until(lab.locker().locker.acquire());
  lab.fate = () => "drop";
  await assertRejects(() => lab.until(lease.release()), ConnectionError);
  lab.fate = () => "pass";
  await lab.until(lease.release());
  assertEquals(lab.store.look("leader").kind, "vacant");
  const before = lab.sent;
  await lab.until(lease.release());
  assertEquals(lab.sent, before);
});

Deno.test("Locker.tryAcquire() removes a write of unknown outcome though the read after it is denied", async () => {
  const fates = ["lost answer", "denied"];
  await using lab = new VirtualLab();
  const link = lab.store.link({
    intercept: (request) => {
      const fate = request.kind === "settings" ? undefined : fates.shift();
      if (fate === "denied") return Promise.resolve(request.fail(new ConnectionError("denied", "not now")));
      const answer = request.perform();
      return Promise.resolve(fate === "lost answer" ? request.timeout() : answer);
    },
  });
  const { locker } = lab.locker({ store: link });
  await assertRejects(() => lab.until(locker.tryAcquire()), ConnectionError, "not now");
  await lab.clock.advance(TTL / 10);
  assertEquals(lab.store.look("leader").kind, "vacant");
});

Deno.test("Locker.close() that work of run() calls before it yields lets nobody in before that work has settled", async () => {
  await using lab = new VirtualLab();
  const [a, b] = [lab.locker().locker, lab.locker().locker];
  const settled = Promise.withResolvers<void>();
  const running = a.run(() => {
    a.close();
    return settled.promise;
  });
  running.catch(() => {});
  await lab.clock.advance(1);
  const granted = b.acquire();
  await lab.clock.advance(TTL / 2);
  assertEquals(b.token, null);
  settled.resolve();
  assert((await lab.until(granted)).held);
  await assertRejects(() => lab.until(running), LockerClosedError);
});
