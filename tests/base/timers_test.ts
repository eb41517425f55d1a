import { assertEquals } from "@std/assert";
import { Timers } from "../../src/base/timers.ts";
import { ManualClock } from "../../src/memory/manual_clock.ts";

Deno.test("Timers.after() calls back once, and stop() cancels the rest", async () => {
  const clock = new ManualClock();
  const timers = new Timers(clock);
  const called: number[] = [];
  for (const ms of [10, 20, 30]) timers.after(ms, () => called.push(ms));
  await clock.advance(20);
  timers.stop();
  await clock.advance(100);
  assertEquals([called, clock.pending], [[10, 20], 0]);
});
