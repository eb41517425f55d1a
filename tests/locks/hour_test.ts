import { assert, assertEquals, assertLessOrEqual } from "@std/assert";
import { fleetOf } from "./fleet.ts";

const LOCKS = 10_000;
const HOUR = 3_600_000;
const TTL = 120_000;
const THIRDS = HOUR / (TTL / 3);

Deno.test("10,000 locks of one process are held for an hour, and cost two requests per third of a lease", async () => {
  const [fleet, { locks, sent, events }] = fleetOf(1, { ttl: TTL });
  await using _ = fleet;
  const names = Array.from({ length: LOCKS }, (_, at) => `lock ${at}`);
  const held = await fleet.until(Promise.all(names.map((name) => locks.acquire(name))));
  fleet.reset();
  await fleet.clock.advance(HOUR);
  assert(held.every((lock) => lock.held));
  assertEquals(events.filter(({ type }) => type === "lost"), []);
  assertEquals(sent.filter((each) => each.startsWith("write")).length, THIRDS);
  assertLessOrEqual(sent.length, 2 * THIRDS);
});
