/** Tests of SystemClock.now() and wall(): sleep, jumps of the wall clock, rounding and drift. */

import { assert, assertEquals, assertGreaterOrEqual, assertLess } from "@std/assert";
import { SLEEP_THRESHOLD, SystemClock } from "../../src/base/clock.ts";
import { HOUR, make } from "./time_sources.ts";

Deno.test("SystemClock.now() starts at 0 whatever its sources return", () => {
  assertEquals(make().clock.now(), 0);
});

Deno.test("SystemClock.now() advances with the monotonic clock", () => {
  const { clock, sources } = make();
  sources.pass(40.5);
  assertEquals(clock.now(), 40.5);
  sources.pass(10_000);
  assertEquals(clock.now(), 10_040.5);
});

Deno.test("SystemClock.now() stands still while its sources do", () => {
  const { clock, sources } = make();
  sources.pass(7);
  clock.now();
  assertEquals(clock.now(), 7);
});

Deno.test("SystemClock.now() does not count a sleep of 4 ms, because rounding may look like it", () => {
  const { clock, sources } = make();
  sources.sleep(4);
  assertEquals(clock.now(), 0);
});

for (const length of [2, 4, 20, 90, 240]) {
  Deno.test(`SystemClock.now() misses at most 5 ms in total of a hundred sleeps of ${length} ms`, () => {
    const { clock, sources } = make();
    for (let slept = length; slept <= 100 * length; slept += length) {
      sources.pass(0.25);
      sources.sleep(length);
      const missed = slept + slept / length / 4 - clock.now();
      // The wall clock is rounded to whole milliseconds.
      assert(missed > -1 && missed < SLEEP_THRESHOLD + 1, `${missed} ms missed of ${slept}`);
    }
  });
}

Deno.test("SystemClock.now() counts a sleep of 20 ms after it has seen the wall clock set back", () => {
  const { clock, sources } = make();
  sources.epoch -= HOUR;
  clock.now();
  sources.sleep(20);
  assertEquals(clock.now(), 20);
});

Deno.test("SystemClock.now() counts a sleep, during which only the wall clock moves", () => {
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
  Deno.test(`SystemClock.now() never goes back when the wall clock steps ${order}`, () => {
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

  Deno.test(`SystemClock.now() keeps running after the wall clock stepped ${order}`, () => {
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

Deno.test("SystemClock.now() stands still if the monotonic source goes back", () => {
  const { clock, sources } = make();
  sources.pass(10);
  const before = clock.now();
  sources.mono -= 4;
  assertEquals(clock.now(), before);
});

for (const step of [0.0007, 0.013, 0.37, 0.999]) {
  Deno.test(`SystemClock.now() does not drift over a million reads ${step} ms apart`, () => {
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

/** Clocks rounded to multiples of `grain`, their steps `phase` ms apart. The wall clock gains `slew` ms per ms. */
function coarse(
  grain: number,
  phase: number,
  slew = 0,
): { readonly clock: SystemClock; readonly passed: { ms: number } } {
  const passed = { ms: 0 };
  const shown = (ms: number) => Math.floor(ms / grain) * grain;
  const clock = new SystemClock({
    monotonic: () => shown(passed.ms + phase),
    wall: () => 1_800_000_000_000 + shown(passed.ms * (1 + slew)),
    later: () => () => {},
  });
  return { clock, passed };
}

/** Error of the clock after a million reads, relative to the time that passed. */
function errorOf({ clock, passed }: ReturnType<typeof coarse>, step: number): number {
  for (let look = 0; look < 1_000_000; look++) {
    passed.ms += step;
    clock.now();
  }
  return (clock.now() - passed.ms) / passed.ms;
}

for (const phase of [0, 0.3, 0.5, 0.999]) {
  for (const step of [0.013, 0.37, 1.7]) {
    Deno.test(`SystemClock.now() keeps time: a million reads each ${step} ms, 1 ms clocks ${phase} ms apart`, () => {
      assertLess(Math.abs(errorOf(coarse(1, phase), step)), 0.001);
    });
  }
}

for (const slew of [0.0005, -0.0005]) {
  Deno.test(`SystemClock.now() keeps time while the wall clock is slewed by ${slew * 1e6} ppm`, () => {
    assertLess(Math.abs(errorOf(coarse(1, 0.5, slew), 1.7)), 0.001);
  });
}

Deno.test("SystemClock.now() is never slow and at most twice too fast if a browser rounds its clocks to 100 ms", () => {
  const error = errorOf(coarse(100, 37), 3);
  assert(error > -0.001 && error < 1.001, `${error}`);
});

Deno.test("SystemClock.wall() returns the time of the wall source", () => {
  assertEquals(make().clock.wall(), 1_800_000_000_000);
});

Deno.test("SystemClock reads the runtime's clocks by default", () => {
  const before = Date.now();
  const wall = new SystemClock().wall();
  assert(wall >= before && wall <= Date.now());
});
