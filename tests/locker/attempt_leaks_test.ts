import { assertEquals, assertLess } from "@std/assert";
import type { Locker } from "@x/natslock";
import { liveHeap } from "../helpers/heap.ts";
import { VirtualLab } from "../helpers/virtual.ts";

/** Repetitions before the measurements, repetitions that are measured, and the number of measurements. */
const WARM_UP = 500;
const TIMES = 1000;
const MEASUREMENTS = 4;

/** Bytes that one repetition may leave: a listener with its closure takes more than 300. */
const SLACK = 120;

/**
 * Repeats an action on a lock that another holds, and measures what stays in memory. What an action leaves is in each
 * measurement; code that the runtime compiles is only in some. So the least of them counts.
 */
async function leftBehind(
  begin: (locker: Locker, lab: VirtualLab) => () => Promise<unknown>,
): Promise<number> {
  await using lab = new VirtualLab();
  await lab.until(lab.locker().locker.acquire());
  const again = begin(lab.locker().locker, lab);
  const repeat = async (times: number) => {
    for (let time = 0; time < times; time++) await again();
  };
  await repeat(WARM_UP);
  const left: number[] = [];
  while (left.length < MEASUREMENTS) {
    const before = liveHeap();
    await repeat(TIMES);
    left.push((liveHeap() - before) / TIMES);
  }
  return Math.min(...left);
}

Deno.test("Locker.tryAcquire() leaves nothing behind when it is refused", async () => {
  const left = await leftBehind((locker) => async () => assertEquals(await locker.tryAcquire(), null));
  assertLess(left, SLACK);
});

Deno.test("Locker.acquireLead() leaves nothing behind when it is refused", async () => {
  const left = await leftBehind((locker) => async () => assertEquals(await locker.acquireLead(), false));
  assertLess(left, SLACK);
});

Deno.test("Locker.acquire() leaves nothing behind each time it reads the key while it waits", async () => {
  const left = await leftBehind((locker, lab) => {
    locker.acquire().catch(() => {});
    return () => {
      lab.store.tell({ kind: "gap" });
      return lab.clock.advance(0);
    };
  });
  assertLess(left, SLACK);
});
