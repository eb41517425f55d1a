import { assert, assertEquals, assertGreaterOrEqual } from "@std/assert";
import { Locker } from "@x/natslock";
import { ManualClock, MemoryStore, type StoreRequest } from "@x/natslock/testing";
import { connectionError } from "../helpers/errors.ts";

/** In ms. */
const TTL = 3000;

/** The least that lies between two tries while others write, in ms. */
const LEAST = 4;

/** Whoever does not pause would keep a clock that is moved by hand from moving: the bucket is calm after so many. */
const MOST = 5000;

/** A bucket in which, while `isBusy`, another write to the key is always in flight: a write is told no more than that. */
class BusyBucket {
  readonly clock = new ManualClock();
  isBusy = true;
  /** When writes were refused. */
  readonly refusals: number[] = [];
  readonly store = new MemoryStore(this.clock, { ttl: TTL, intercept: (request) => this.#carry(request) });

  /** Times between two refusals. */
  get pauses(): number[] {
    return this.refusals.slice(1).map((time, index) => time - (this.refusals[index] ?? 0));
  }

  /** Lets time pass in small steps: what takes many turns of the event loop is not left behind. */
  async pass(ms: number): Promise<void> {
    for (let passed = 0; passed < ms; passed += 10) await this.clock.advance(10);
  }

  /** What a promise has resolved to after a time; `null` if it has not settled. */
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
  Deno.test(`Locker.${call}() rejects as contended when others keep writing for a lease length, not before`, async () => {
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

Deno.test("Locker.acquire() of candidates with other chances does not pause as long while others write", async () => {
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

Deno.test("Locker.acquireLead() rejects when each grant comes too late to be worth anything", async () => {
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
