import { assertEquals, assertGreater } from "@std/assert";
import { VirtualLab } from "../helpers/virtual.ts";

/** In ms: a bucket's own lease length, so that a pause is longer than what the clock is moved by at a time. */
const TTL = 3000;

/** A campaign that would not pause ends after so many terms. */
const MOST = 20;

/** Pauses between the terms of a candidate that resigns each time at once, until some time has passed. */
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

Deno.test("Locker.lead() pauses between two terms, though its work returns at once and nobody else wants the lock", async () => {
  for (const chance of [0, 0.5, 0.999]) {
    const found = await pauses(chance);
    assertGreater(Math.min(...found), 10, `${found}`);
  }
});

Deno.test("Locker.lead() of candidates with other chances does not pause as long between two terms", async () => {
  const firsts = await Promise.all([0, 0.5, 0.999].map(async (chance) => (await pauses(chance))[0]));
  assertEquals(new Set(firsts).size, 3, `${firsts}`);
});
