/** Answers to looks that are older than a push. */

import { assertEquals } from "@std/assert";
import { type Fleet, fleetOf, type Member, TTL } from "./fleet.ts";

/** Far less than the time until all requests look again. */
const SOON = TTL / 10;

/**
 * A process waits behind a holder, which releases while the stream leader's answer to another look of that process is
 * under way: `again` makes that look.
 */
async function releasedMeanwhile(
  again: (waiter: Member) => unknown,
): Promise<[fleet: Fleet, waited: Promise<unknown>]> {
  const [fleet, holder, waiter] = fleetOf(2);
  const lock = await fleet.until(holder.locks.acquire("a"));
  const waited = waiter.locks.acquire("a", { mode: "shared" });
  waited.catch(() => {});
  await fleet.pass(50);
  let scans = 0;
  // Two replicas lack the new ticket, so the leader is asked. Its answer takes long.
  waiter.behind = 1;
  waiter.delayOf = (request) => request.startsWith("scan =q.a.") && ++scans === 3 ? 100 : 0;
  again(waiter);
  await fleet.pass(50);
  assertEquals(scans, 3);
  await fleet.until(lock.release());
  return [fleet, waited];
}

Deno.test("A request hears of a release while another request's look is under way, although replicas still show the holder", async () => {
  const [fleet, waited] = await releasedMeanwhile((waiter) =>
    waiter.locks.acquire("a", { mode: "shared" }).catch(() => {})
  );
  await using _ = fleet;
  await fleet.until(waited, SOON);
});

Deno.test("LockManager.request() with ifAvailable gets the lock although the answer to its look is from before the release", async () => {
  let granted: Promise<unknown> = Promise.resolve();
  const [fleet] = await releasedMeanwhile((waiter) => {
    granted = waiter.locks.request("a", { mode: "shared", ifAvailable: true }, (lock) => lock !== null);
    granted.catch(() => {});
  });
  await using _ = fleet;
  assertEquals(await fleet.until(granted, SOON), true);
});
