import { assert, assertEquals, assertGreaterOrEqual, assertLess } from "@std/assert";
import { SystemClock } from "../src/clock.ts";
import { HOUR, make } from "./helpers/time_sources.ts";

Deno.test("SystemClock.now() starts at 0 wherever its sources stand", () => {
  assertEquals(make().clock.now(), 0);
});

Deno.test("SystemClock.now() counts what the monotonic clock counts", () => {
  const { clock, sources } = make();
  sources.pass(40.5);
  assertEquals(clock.now(), 40.5);
  sources.pass(10_000);
  assertEquals(clock.now(), 10_040.5);
});

Deno.test("SystemClock.now() stands still while nothing passes", () => {
  const { clock, sources } = make();
  sources.pass(7);
  clock.now();
  assertEquals(clock.now(), 7);
});

Deno.test("SystemClock.now() does not count a wall step of less than a quarter second", () => {
  const { clock, sources } = make();
  sources.sleep(249);
  assertEquals(clock.now(), 0);
});

Deno.test("SystemClock.now() counts a sleep, during which only the wall moves", () => {
  const { clock, sources } = make();
  sources.pass(100);
  sources.sleep(HOUR);
  sources.pass(20);
  assertEquals(Math.round(clock.now()), 100 + HOUR + 20);
});

Deno.test("SystemClock.now() counts a sleep once", () => {
  const { clock, sources } = make();
  sources.sleep(HOUR);
  const after = clock.now();
  assertEquals([clock.now(), clock.now()], [after, after]);
  sources.pass(30);
  assertEquals(clock.now(), after + 30);
});

Deno.test("SystemClock.now() counts each of two sleeps", () => {
  const { clock, sources } = make();
  sources.sleep(HOUR);
  clock.now();
  sources.sleep(HOUR);
  assertEquals(clock.now(), 2 * HOUR);
});

for (const first of [HOUR, -HOUR]) {
  const order = first > 0 ? "forward and back" : "back and forward";
  Deno.test(`SystemClock.now() never goes back when the wall steps ${order}`, () => {
    const { clock, sources } = make();
    let last = clock.now();
    for (const step of [first, 0, -first, 0]) {
      sources.pass(5);
      sources.epoch += step;
      const now = clock.now();
      assertGreaterOrEqual(now, last + 5);
      last = now;
    }
  });

  Deno.test(`SystemClock.now() is not frozen after the wall stepped ${order}`, () => {
    const { clock, sources } = make();
    for (const step of [first, -first]) {
      sources.epoch += step;
      clock.now();
    }
    const before = clock.now();
    sources.pass(5);
    assertEquals(clock.now(), before + 5);
  });
}

Deno.test("SystemClock.now() holds still where the monotonic source goes back", () => {
  const { clock, sources } = make();
  sources.pass(10);
  const before = clock.now();
  sources.mono -= 4;
  assertEquals(clock.now(), before);
});

for (const step of [0.0007, 0.013, 0.37, 0.999]) {
  Deno.test(`SystemClock.now() does not drift over a million looks ${step} ms apart`, () => {
    const { clock, sources } = make();
    const start = sources.mono;
    for (let look = 0; look < 1_000_000; look++) {
      sources.pass(step);
      clock.now();
    }
    const passed = sources.mono - start;
    assertLess(Math.abs(clock.now() - passed) / passed, 0.001);
  });
}

Deno.test("SystemClock.wall() is the wall source", () => {
  assertEquals(make().clock.wall(), 1_800_000_000_000);
});

Deno.test("SystemClock reads the runtime's clocks unless others are given", () => {
  const before = Date.now();
  const wall = new SystemClock().wall();
  assert(wall >= before && wall <= Date.now());
});
