import { assert, assertEquals } from "@std/assert";
import { Locker } from "@x/natslock";
import { SystemClock } from "../../src/base/clock.ts";
import { MemoryStore } from "../../src/memory/memory_store.ts";
import { initialState, isHeld, step } from "../../src/lease/state.ts";
import { applied, epoch, RULES, start } from "./script.ts";

Deno.test("isHeld() compares the clock even if no event came", () => {
  const { state } = step(step(initialState(epoch), start, 0, RULES).state, applied(5), 10, RULES);
  assert(isHeld(state, 899));
  assert(!isHeld(state, 900));
});

Deno.test("step() forgets all revisions when the epoch changes", () => {
  const first = step(step(initialState(epoch), start, 0, RULES).state, applied(5), 10, RULES).state;
  const elsewhere = { ...applied(1), epoch: "another" };
  const { state } = step(first, elsewhere, 20, RULES);
  assertEquals([state.memory.epoch, state.memory.high], ["another", 1]);
});

Deno.test("Lease is over after the machine slept past its end: only the wall clock went on", async () => {
  const time = { monotonic: 0, wall: 1_800_000_000_000 };
  const clock = new SystemClock({ monotonic: () => time.monotonic, wall: () => time.wall, later: () => () => {} });
  const locker = new Locker({ store: new MemoryStore(clock, { ttl: 60_000 }), clock });
  const lease = await locker.acquire();
  time.wall += 53_000;
  assertEquals([lease.held, Math.round(lease.remaining)], [true, 1000]);
  time.wall += 2000;
  assertEquals([lease.held, lease.signal.aborted], [false, true]);
  await locker.close();
});
