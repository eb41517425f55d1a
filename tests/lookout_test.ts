import { assert, assertEquals, assertLessOrEqual } from "@std/assert";
import { VirtualLab } from "./helpers/virtual.ts";

/** In ms, of a bucket that lets each lock have a lease length of its own. */
const LONG = 8000;
const SHORT = 1000;

/** How long after the end of a record somebody who waits may be granted (design: Time). */
const LATEST = 500;

Deno.test("Locker.acquire() takes over after the holder's own lease length, not the bucket's", async () => {
  await using lab = new VirtualLab({ ttl: LONG });
  await lab.until(lab.locker({ ttl: SHORT }).locker.acquireLead());
  const lease = await lab.until(lab.locker().locker.acquire());
  assert(lease.held && lab.clock.now() <= SHORT + LATEST, `${lab.clock.now()}`);
});

Deno.test("Locker.observe() sees the end of a lease of the holder's own length, not the bucket's", async () => {
  await using lab = new VirtualLab({ ttl: LONG });
  await lab.until(lab.locker({ ttl: SHORT }).locker.acquireLead());
  const seen = lab.locker().locker.observe()[Symbol.asyncIterator]();
  assert((await lab.until(seen.next())).value !== null);
  assertEquals((await lab.until(seen.next())).value, null);
  assertLessOrEqual(lab.clock.now(), SHORT + LATEST);
  await seen.return?.();
});

Deno.test("Locker.acquire() with a short lease of its own does not keep asking about a holder with a long one", async () => {
  await using lab = new VirtualLab({ ttl: LONG });
  await lab.until(lab.locker().locker.acquire());
  const before = lab.sent;
  const waiting = lab.locker({ ttl: SHORT }).locker.acquire();
  waiting.catch(() => {});
  await lab.clock.advance(4 * LONG);
  const renewals = 12;
  assertLessOrEqual(lab.sent - before - renewals, 10);
});
