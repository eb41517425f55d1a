import { assertEquals, assertGreater } from "@std/assert";
import { VirtualLab } from "../helpers/virtual.ts";

/** Lease length of the bucket, in ms: long enough for a pause to last longer than one step of the clock. */
const TTL = 3000;

/** A campaign that does not pause ends after this many terms. */
const MOST = 20;

/** Returns the pauses between the terms of a candidate that resigns at once each time, over one lease length. */
async function pauses(chance: number): Promise<number[]> {
  await using lab = new VirtualLab({ ttl: TTL });
  const { locker } = lab.locker({ random: { next: () => chance, uuid: () => crypto.randomUUID() } });
  const [begun, stop] = [[] as number[], new AbortController()];
  const work = () => {
    if (begun.push(lab.clock.now()) === MOST || lab.clock.now() > TTL) stop.abort(new Error("enough"));
  };
  await lab.until(locker.lead(work, stop).catch(() => {}));
  return begun.slice(1).map((time, index) => time - (begun[index] ?? 0));
}

Deno.test("Locker.lead() pauses between two terms even if its work returns at once and nobody else wants the lock", async () => {
  for (const chance of [0, 0.5, 0.999]) {
    const found = await pauses(chance);
    assertGreater(Math.min(...found), 10, `${found}`);
  }
});

Deno.test("Locker.lead() pauses for different times between two terms when the random numbers differ", async () => {
  const firsts = await Promise.all([0, 0.5, 0.999].map(async (chance) => (await pauses(chance))[0]));
  assertEquals(new Set(firsts).size, 3, `${firsts}`);
});
