/** A test in CommonJS: it needs Node 24.9 or later. */

const { Locker } = require("@x/natslock");
const { ManualClock, MemoryStore } = require("@x/natslock/testing");

test("a lock in memory is granted", async () => {
  const clock = new ManualClock();
  const locker = new Locker({ store: new MemoryStore(clock, { ttl: 10_000 }), clock });
  expect(await locker.acquireLead()).toBe(true);
});
