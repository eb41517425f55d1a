/** Tests of SystemClock.after(): timers, naps and cancellation. */

import { assertEquals, assertGreaterOrEqual } from "@std/assert";
import { SystemClock } from "../../src/base/clock.ts";
import { LONGEST_TIMEOUT, make, withTimeouts } from "./time_sources.ts";

Deno.test("SystemClock.after() does not call back after it was cancelled", async () => {
  const clock = new SystemClock();
  let called = false;
  clock.after(5, () => called = true)();
  // Timers with the same delay fire in the order in which they were set.
  await new Promise<void>((resolve) => clock.after(5, resolve));
  assertEquals(called, false);
});

for (const delay of [-3, 0, 0.4, 1, 5.5, 20]) {
  Deno.test(`SystemClock.after(${delay}) is not early`, async () => {
    const clock = new SystemClock();
    const start = clock.now();
    await new Promise<void>((resolve) => clock.after(delay, resolve));
    assertGreaterOrEqual(clock.now() - start, delay);
  });
}

Deno.test("SystemClock.after() keeps waiting if the runtime's timer fires early", () => {
  withTimeouts((set) => {
    const { clock, sources } = make();
    let calls = 0;
    clock.after(100, () => calls++);
    sources.pass(99.5);
    set[0]?.callback();
    assertEquals([calls, set.length, set[1]?.delay], [0, 2, 1]);
    sources.pass(1);
    set[1]?.callback();
    assertEquals([calls, set.length], [1, 2]);
  });
});

Deno.test("SystemClock.after() splits a delay that is too long for setTimeout", () => {
  withTimeouts((set) => {
    const { clock, sources } = make();
    let calls = 0;
    clock.after(16 * LONGEST_TIMEOUT, () => calls++);
    sources.pass(LONGEST_TIMEOUT);
    set[0]?.callback();
    assertEquals([calls, ...set.map(({ delay }) => delay)], [0, LONGEST_TIMEOUT, LONGEST_TIMEOUT]);
  });
});

Deno.test("SystemClock.after() waits in naps, so that it fires soon after the machine wakes up", () => {
  withTimeouts((set) => {
    const { clock, sources } = make();
    let calls = 0;
    clock.after(8000, () => calls++);
    assertEquals(set[0]?.delay, 2000);
    sources.pass(1900);
    sources.sleep(6200);
    sources.pass(100);
    set[0]?.callback();
    assertEquals(calls, 1);
  });
});

Deno.test("SystemClock.after() can be cancelled during a later nap", () => {
  withTimeouts((set, cleared) => {
    const cancel = make().clock.after(100, () => {});
    set[0]?.callback();
    cancel();
    assertEquals(cleared, [2]);
  });
});
