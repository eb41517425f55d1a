import { assertEquals } from "@std/assert";
import { Throttle } from "../../src/base/throttle.ts";
import { ManualClock } from "../../src/memory/manual_clock.ts";

const PERIOD = 1000;

function throttleOf(options: { burst: number; most: number }): { clock: ManualClock; throttle: Throttle } {
  const clock = new ManualClock();
  return { clock, throttle: new Throttle(clock, options) };
}

Deno.test("Throttle.next() lets a burst pass, then so many per period", () => {
  const { throttle } = throttleOf({ burst: 2, most: 4 });
  assertEquals([1, 2, 3, 4].map(() => throttle.next(PERIOD)), [0, 0, 250, 500]);
});

Deno.test("Throttle.next() lets a burst pass again after a rest, and no more than that", async () => {
  const { clock, throttle } = throttleOf({ burst: 2, most: 4 });
  throttle.next(PERIOD);
  await clock.advance(100 * PERIOD);
  assertEquals([1, 2, 3].map(() => throttle.next(PERIOD)), [0, 0, 250]);
});

Deno.test("Throttle.spend() makes the next ones wait, and reset() forgets that", () => {
  const { throttle } = throttleOf({ burst: 2, most: 4 });
  throttle.spend(3);
  assertEquals(throttle.next(PERIOD), 500);
  throttle.reset();
  assertEquals(throttle.next(PERIOD), 0);
});

Deno.test("Throttle.allows() refuses what is too many, and does not count it", async () => {
  const { clock, throttle } = throttleOf({ burst: 2, most: 4 });
  assertEquals([1, 2, 3, 4, 5].map(() => throttle.allows(PERIOD)), [true, true, false, false, false]);
  await clock.advance(PERIOD / 4);
  assertEquals([1, 2].map(() => throttle.allows(PERIOD)), [true, false]);
});
