/** Tests of a user, which Jest and Vitest run. Both are set so that `test` and `expect` are global. */

import { Locker } from "@x/natslock";
import { ManualClock, MemoryStore } from "@x/natslock/testing";

test("a lease ends by the clock if the server is out of reach", async () => {
  const clock = new ManualClock();
  let reachable = true;
  const store = new MemoryStore(clock, {
    ttl: 10_000,
    intercept: (request) => Promise.resolve(reachable ? request.perform() : request.timeout()),
  });
  const locker = new Locker({ store, clock });
  const lease = await locker.tryAcquire();
  expect(lease.held).toBe(true);

  reachable = false;
  await clock.advance(10_000);
  expect([lease.held, lease.signal.aborted]).toEqual([false, true]);

  reachable = true;
  await locker.close();
});

test("a server grants a lock", async () => {
  const servers = globalThis.process.env.NATS_URL ?? "ws://127.0.0.1:8080";
  const locker = await Locker.open({ servers, bucket: "locks", ttl: 15_000 });
  expect(await locker.run((lease) => lease.token)).toBeGreaterThan(0);
  expect(await locker.leader()).toBe(null);
  await locker.close();
});
