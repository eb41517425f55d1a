import { assertEquals, assertRejects } from "@std/assert";
import { ConnectionError, Locker } from "@x/natslock";
import { ManualClock, MemoryStore, type StoreRequest } from "@x/natslock/testing";

/** In ms. The request timeout is a quarter of it. */
const TTL = 1000;

Deno.test("KeyContext.load() waits at most requestTimeout for the settings, once it knows the times", async () => {
  const patience: number[] = [];
  const intercept = <Outcome>(request: StoreRequest<Outcome>): Promise<Outcome> => {
    if (request.kind === "settings") patience.push(request.within);
    return Promise.resolve(patience.length > 1 ? request.timeout() : request.perform());
  };
  const clock = new ManualClock();
  const store = new MemoryStore(clock, { ttl: TTL, intercept });
  await using locker = new Locker({ store, clock });
  await locker.acquireLead();
  store.deleteBucket();
  const taking = locker.acquireLead();
  taking.catch(() => {});
  await clock.advance(TTL / 10);
  await assertRejects(() => taking, ConnectionError, "no answer in time");
  const [first = 0, ...later] = patience;
  assertEquals([first > TTL / 4, [...new Set(later)]], [true, [TTL / 4]]);
});
