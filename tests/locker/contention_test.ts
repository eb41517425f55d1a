import { assert, assertEquals, assertGreaterOrEqual } from "@std/assert";
import { Locker } from "@x/natslock";
import { ManualClock, MemoryStore, type StoreRequest } from "@x/natslock/testing";
import { connectionError } from "../helpers/errors.ts";

/** Lease length of the bucket, in ms. */
const TTL = 3000;

/** Shortest time between two tries while others write, in ms. */
const LEAST = 4;

/** Without pauses the manual clock would never move on, so the bucket stops refusing after this many writes. */
const MOST = 5000;

/** A bucket that, while `isBusy`, refuses every write because another write to the key is in flight. */
class BusyBucket {
  readonly clock = new ManualClock();
  isBusy = true;
  /** Times of the refused writes. */
  readonly refusals: number[] = [];
  readonly store = new MemoryStore(this.clock, { ttl: TTL, intercept: (request) => this.#carry(request) });

  /** Times between successive refusals. */
  get pauses(): number[] {
    return this.refusals.slice(1).map((time, index) => time - (this.refusals[index] ?? 0));
  }

  /** Lets time pass in small steps, so that work of many event loop turns keeps up. */
  async pass(ms: number): Promise<void> {
    for (let passed = 0; passed < ms; passed += 10) await this.clock.advance(10);
  }

  /** Returns what a promise has resolved to after a time; `null` if it has not settled. */
  async after<T>(ms: number, promise: Promise<T>): Promise<T | null> {
    promise.catch(() => {});
    await this.pass(ms);
    return await Promise.race([promise, null]);
  }

  #carry<Outcome>(request: StoreRequest<Outcome>): Promise<Outcome> {
    const isEdit = request.kind === "write" || request.kind === "remove";
    if (!isEdit || !this.isBusy) return Promise.resolve(request.perform());
    if (this.refusals.push(this.clock.now()) === MOST) this.isBusy = false;
    return Promise.resolve({ kind: "conflict", current: null } as Outcome);
  }
}

for (const call of ["acquireLead", "tryAcquire"] as const) {
  Deno.test(`Locker.${call}() rejects as contended once others have kept writing for a lease length, not before`, async () => {
    const bucket = new BusyBucket();
    await using locker = new Locker(bucket);
    const trouble = connectionError(locker[call]());
    assertEquals(await bucket.after(TTL / 2, trouble), null);
    const error = await bucket.after(2 * TTL, trouble);
    assertEquals([error?.why, error?.transient], ["contended", true]);
    bucket.isBusy = false;
    await bucket.pass(TTL);
  });
}

Deno.test("Locker.acquire() pauses between two tries while others write, and is granted once they stop", async () => {
  const bucket = new BusyBucket();
  await using locker = new Locker(bucket);
  const waiting = locker.acquire();
  assertEquals(await bucket.after(3 * TTL, waiting), null);
  assertGreaterOrEqual(Math.min(...bucket.pauses), LEAST);
  bucket.isBusy = false;
  assert((await bucket.after(TTL, waiting))?.held);
});

Deno.test("Lease.release() and a renewal pause between two tries while others write", async () => {
  for (const isRelease of [true, false]) {
    const bucket = new BusyBucket();
    bucket.isBusy = false;
    await using locker = new Locker(bucket);
    const lease = await locker.acquire();
    bucket.isBusy = true;
    const released = isRelease ? lease.release() : Promise.resolve();
    await bucket.pass(TTL / 2);
    assert(bucket.pauses.length > 0);
    assertGreaterOrEqual(Math.min(...bucket.pauses), LEAST);
    bucket.isBusy = false;
    await bucket.after(TTL, released);
  }
});

Deno.test("Locker.acquire() pauses for different times under contention when the random numbers differ", async () => {
  const firsts: number[] = [];
  for (const chance of [0, 0.5, 0.9]) {
    const bucket = new BusyBucket();
    await using locker = new Locker({ ...bucket, random: { next: () => chance, uuid: () => crypto.randomUUID() } });
    const waiting = locker.acquire();
    await bucket.after(TTL / 2, waiting);
    firsts.push(bucket.pauses[0] ?? NaN);
    bucket.isBusy = false;
    await bucket.after(TTL, waiting);
  }
  assertEquals(new Set(firsts).size, 3, `${firsts}`);
});

Deno.test("Locker.acquireLead() rejects when each grant comes too late to be valid", async () => {
  const clock = new ManualClock();
  let isSlow = true;
  const intercept = async <Outcome>(request: StoreRequest<Outcome>): Promise<Outcome> => {
    const answer = request.perform();
    if (request.kind === "write" && isSlow) await new Promise<void>((resolve) => clock.after(TTL, resolve));
    return answer;
  };
  await using locker = new Locker({ store: new MemoryStore(clock, { ttl: TTL, intercept }), clock });
  const trouble = connectionError(locker.acquireLead());
  for (let step = 0; step < 30; step++) await clock.advance(TTL / 10);
  assert(await Promise.race([trouble, null]) !== null);
  isSlow = false;
  for (let step = 0; step < 30; step++) await clock.advance(TTL / 10);
  assertEquals(locker.token, null);
});
