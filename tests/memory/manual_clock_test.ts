/** Tests of ManualClock. */

import { assertEquals } from "@std/assert";
import { ManualClock } from "../../src/memory/manual_clock.ts";

/** A clock, and a log of which timer fired at which time. */
function make(): { clock: ManualClock; log: string[]; note: (what: string) => () => void } {
  const clock = new ManualClock();
  const log: string[] = [];
  return { clock, log, note: (what) => () => log.push(`${what}@${clock.now()}`) };
}

Deno.test("ManualClock.now() starts at 0 and stands still", () => {
  const { clock } = make();
  assertEquals([clock.now(), clock.now()], [0, 0]);
});

Deno.test("ManualClock.advance() moves now() by the given time", async () => {
  const { clock } = make();
  await clock.advance(10);
  await clock.advance(0.5);
  assertEquals(clock.now(), 10.5);
});

Deno.test("ManualClock.wall() moves with now()", async () => {
  const clock = new ManualClock(5_000);
  await clock.advance(250);
  assertEquals(clock.wall(), 5_250);
});

Deno.test("ManualClock.wall() moves with now() while timers fire", async () => {
  const clock = new ManualClock(5_000);
  const walls: number[] = [];
  for (const delay of [3, 7]) clock.after(delay, () => walls.push(clock.wall()));
  await clock.advance(10);
  assertEquals(walls, [5_003, 5_007]);
});

Deno.test("ManualClock.advance() fires timers in the order in which they fall due", async () => {
  const { clock, log, note } = make();
  for (const delay of [30, 10, 20]) clock.after(delay, note("t"));
  await clock.advance(100);
  assertEquals(log, ["t@10", "t@20", "t@30"]);
});

Deno.test("ManualClock.advance() fires timers with the same time in the order in which they were set", async () => {
  const { clock, log, note } = make();
  for (const name of ["a", "b", "c"]) clock.after(10, note(name));
  await clock.advance(10);
  assertEquals(log, ["a@10", "b@10", "c@10"]);
});

Deno.test("ManualClock.advance() does not fire later timers", async () => {
  const { clock, log, note } = make();
  clock.after(10, note("t"));
  await clock.advance(9.9);
  assertEquals(log, []);
  await clock.advance(0.2);
  assertEquals(log, ["t@10"]);
});

Deno.test("ManualClock.advance() fires a timer once", async () => {
  const { clock, log, note } = make();
  clock.after(10, note("t"));
  await clock.advance(10);
  await clock.advance(10);
  assertEquals(log, ["t@10"]);
});

Deno.test("ManualClock.advance() fires timers that are set while it runs at their own time", async () => {
  const { clock, log, note } = make();
  clock.after(10, () => {
    note("outer")();
    clock.after(5, note("inner"));
  });
  clock.after(12, note("between"));
  await clock.advance(20);
  assertEquals(log, ["outer@10", "between@12", "inner@15"]);
});

Deno.test("ManualClock.advance() keeps a timer that is set while it runs and falls due later", async () => {
  const { clock, log, note } = make();
  clock.after(10, () => void clock.after(50, note("inner")));
  await clock.advance(20);
  assertEquals([log, clock.pending], [[], 1]);
  await clock.advance(40);
  assertEquals(log, ["inner@60"]);
});

Deno.test("ManualClock.advance() runs a chain of timers to its end", async () => {
  const { clock, log, note } = make();
  const tick = () => {
    note("tick")();
    clock.after(10, tick);
  };
  clock.after(10, tick);
  await clock.advance(35);
  assertEquals(log, ["tick@10", "tick@20", "tick@30"]);
});

Deno.test("ManualClock.after() with a delay of 0 or less fires at the next advance(), not at once", async () => {
  const { clock, log, note } = make();
  clock.after(0, note("zero"));
  clock.after(-5, note("negative"));
  assertEquals(log, []);
  await clock.advance(0);
  assertEquals(log, ["zero@0", "negative@0"]);
});

Deno.test("ManualClock.after() does not call back after it was cancelled", async () => {
  const { clock, log, note } = make();
  const cancel = clock.after(10, note("t"));
  cancel();
  await clock.advance(20);
  assertEquals(log, []);
});

Deno.test("ManualClock.after() can be cancelled by another timer with the same time", async () => {
  const { clock, log, note } = make();
  const cancels: (() => void)[] = [];
  clock.after(10, () => cancels.forEach((cancel) => cancel()));
  cancels.push(clock.after(10, note("second")));
  await clock.advance(10);
  assertEquals(log, []);
});

Deno.test("ManualClock.after() ignores a cancel that comes too late", async () => {
  const { clock, log, note } = make();
  const cancel = clock.after(10, note("t"));
  await clock.advance(10);
  cancel();
  cancel();
  assertEquals([log, clock.pending], [["t@10"], 0]);
});

Deno.test("ManualClock.pending counts waiting timers, not fired or cancelled ones", async () => {
  const { clock, note } = make();
  const counts = [clock.pending];
  const cancel = clock.after(30, note("cancelled"));
  clock.after(10, note("fired"));
  clock.after(40, note("waiting"));
  counts.push(clock.pending);
  await clock.advance(10);
  counts.push(clock.pending);
  cancel();
  counts.push(clock.pending);
  assertEquals(counts, [0, 3, 2, 1]);
});

Deno.test("ManualClock.advance() lets promises settle before time moves", async () => {
  const { clock, log, note } = make();
  const set = async () => {
    for (let turn = 0; turn < 10; turn++) await Promise.resolve();
    clock.after(5, note("t"));
  };
  void set();
  await clock.advance(5);
  assertEquals(log, ["t@5"]);
});

Deno.test("ManualClock.advance() lets promises settle between two timers", async () => {
  const { clock, log, note } = make();
  clock.after(10, () => void Promise.resolve().then(() => Promise.resolve()).then(note("settled")));
  clock.after(20, note("second"));
  await clock.advance(20);
  assertEquals(log, ["settled@10", "second@20"]);
});

Deno.test("ManualClock.advance() lets promises settle before it resolves", async () => {
  const { clock, log, note } = make();
  clock.after(10, () => void Promise.resolve().then(note("settled")));
  await clock.advance(10);
  assertEquals(log, ["settled@10"]);
});
