import { assert, assertEquals, assertGreaterOrEqual, assertLess } from "@std/assert";
import { SystemClock, type TimeSources } from "../src/clock.ts";

const HOUR = 3_600_000;
const LONGEST_TIMEOUT = 2 ** 31 - 1;

/** Two clocks moved by hand; the wall has whole milliseconds, as `Date.now()`. */
class Sources implements TimeSources {
  mono = 500.25;
  epoch = 1_800_000_000_000.75;

  monotonic(): number {
    return this.mono;
  }

  wall(): number {
    return Math.floor(this.epoch);
  }

  later(delay: number, callback: () => void): () => void {
    const timer = setTimeout(callback, delay);
    return () => clearTimeout(timer);
  }

  pass(ms: number): void {
    this.mono += ms;
    this.epoch += ms;
  }

  /** The monotonic clock stands still meanwhile. */
  sleep(ms: number): void {
    this.epoch += ms;
  }
}

interface Timeout {
  readonly callback: () => void;
  readonly delay: number;
}

/** Runs a body in which `setTimeout` only notes what it was asked for. */
function withTimeouts(body: (set: Timeout[], cleared: unknown[]) => void): void {
  const { setTimeout, clearTimeout } = globalThis;
  const set: Timeout[] = [];
  const cleared: unknown[] = [];
  const note = (callback: () => void, delay: number) => set.push({ callback, delay });
  globalThis.setTimeout = note as unknown as typeof setTimeout;
  globalThis.clearTimeout = (id) => void cleared.push(id);
  try {
    body(set, cleared);
  } finally {
    Object.assign(globalThis, { setTimeout, clearTimeout });
  }
}

function make(): { clock: SystemClock; sources: Sources } {
  const sources = new Sources();
  return { clock: new SystemClock(sources), sources };
}

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

Deno.test("SystemClock.after() does not call back once it was cancelled", async () => {
  const clock = new SystemClock();
  let called = false;
  clock.after(5, () => called = true)();
  // Timers of one delay fire in the order in which they were set.
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

Deno.test("SystemClock.after() waits on where the runtime's timer fires early", () => {
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

Deno.test("SystemClock.after() splits a delay that setTimeout cannot hold", () => {
  withTimeouts((set) => {
    const { clock, sources } = make();
    let calls = 0;
    clock.after(16 * LONGEST_TIMEOUT, () => calls++);
    sources.pass(LONGEST_TIMEOUT);
    set[0]?.callback();
    assertEquals([calls, ...set.map(({ delay }) => delay)], [0, LONGEST_TIMEOUT, LONGEST_TIMEOUT]);
  });
});

Deno.test("SystemClock.after() waits in naps, so that it is due soon after the machine woke", () => {
  withTimeouts((set) => {
    const { clock, sources } = make();
    let calls = 0;
    clock.after(8000, () => calls++);
    assertEquals(set[0]?.delay, 1000);
    sources.pass(900);
    sources.sleep(7200);
    sources.pass(100);
    set[0]?.callback();
    assertEquals(calls, 1);
  });
});

Deno.test("SystemClock.after() can be cancelled after it set another timer", () => {
  withTimeouts((set, cleared) => {
    const cancel = make().clock.after(100, () => {});
    set[0]?.callback();
    cancel();
    assertEquals(cleared, [2]);
  });
});
