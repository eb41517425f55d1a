import { assert, assertEquals } from "@std/assert";
import { ConnectionError, Lease, Locker } from "@x/natslock";
import { type Intercept, ManualClock, MemoryStore } from "@x/natslock/testing";

/** More turns of the promise queue than a grant takes. */
const TURNS = 60;

const GIVEN_UP = new Error("given up");

/** Starts a wait on a free or a held key, ends it after some turns, and checks what is left once all are closed. */
async function endAfter(turns: number, free: boolean, end: (locker: Locker, stop: AbortController) => unknown) {
  const clock = new ManualClock();
  const store = new MemoryStore(clock, { ttl: 1000 });
  const [locker, other] = [new Locker({ store, clock }), new Locker({ store, clock })];
  const leading = free ? null : other.acquireLead();
  await clock.advance(0);
  const stop = new AbortController();
  const waiting = locker.acquire({ signal: stop.signal }).catch((error: unknown) => error);
  for (let turn = 0; turn < turns; turn++) await Promise.resolve();
  end(locker, stop);
  await leading;
  await clock.advance(0);
  const got = await waiting;
  if (got instanceof Lease) await got.release();
  const closing = Promise.all([locker.close(), other.close()]);
  await clock.advance(100);
  await closing;
  assertEquals([clock.pending, store.watches, store.look("leader").kind], [0, 0, "vacant"], `after ${turns} turns`);
  return got;
}

for (const free of [true, false]) {
  const key = free ? "a free key" : "a held key";

  Deno.test(`Locker.acquire() of ${key} leaves nothing behind when it is aborted at any await`, async () => {
    const ends = new Set<unknown>();
    for (let turns = 0; turns <= TURNS; turns++) {
      const got = await endAfter(turns, free, (_, stop) => stop.abort(GIVEN_UP));
      assert(got instanceof Lease || got === GIVEN_UP, `${got}`);
      ends.add(got instanceof Lease ? "lease" : "reason");
    }
    assertEquals(ends.size, free ? 2 : 1);
  });

  Deno.test(`Locker.close() leaves nothing behind at any await of an acquire() of ${key}`, async () => {
    for (let turns = 0; turns <= TURNS; turns++) {
      const got = await endAfter(turns, free, (locker) => void locker.close());
      assert(got instanceof Lease ? got.signal.aborted : (got as Error).name === "LockerClosedError", `${got}`);
    }
  });
}

Deno.test("Locker.close() ends a run() though the release fails, at whatever await of close() the work ends", async () => {
  for (let turns = 0; turns <= TURNS; turns++) {
    const clock = new ManualClock();
    const refused = new ConnectionError("unavailable", "Cannot write: nobody leads");
    const intercept: Intercept = (asked) =>
      Promise.resolve(asked.kind === "remove" ? asked.fail(refused) : asked.perform());
    const locker = new Locker({ store: new MemoryStore(clock, { ttl: 1000, intercept }), clock });
    const work = Promise.withResolvers<void>();
    let ended = false;
    locker.run(() => work.promise).catch(() => {}).finally(() => ended = true);
    await clock.advance(0);
    const closing = locker.close();
    for (let turn = 0; turn < turns; turn++) await Promise.resolve();
    work.resolve();
    await closing;
    await clock.advance(5000);
    assertEquals([ended, clock.pending], [true, 0], `after ${turns} turns`);
  }
});
