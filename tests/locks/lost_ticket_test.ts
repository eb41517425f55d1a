/** Tickets of a waiting process that are gone although nothing was pushed. */

import { assertEquals } from "@std/assert";
import type { Lock } from "@x/natslock";
import { fleetOf, type Member, TTL } from "./fleet.ts";

/** Time until a process has looked at all its requests again, and until a missing ticket is written again. */
const ROUND = 1.2 * TTL;

/** Longer than the marker of a removal stays. */
const MARKER_IS_GONE = 1500;

/** A request that waits. It may be closed if the test fails. */
function waitingOf({ locks }: Member): Promise<Lock> {
  const waiting = locks.acquire("a");
  waiting.catch(() => {});
  return waiting;
}

/** Keys of the tickets that a process wrote in the queue of "a". */
const keysOf = ({ sent }: Member): string[] =>
  sent.filter((request) => request.startsWith("append =q.a.")).map((request) => request.slice("append ".length));

Deno.test("A request whose ticket was removed without a push queues again, also while later ones of its process wait", async () => {
  const [fleet, holder, waiter] = fleetOf(2);
  await using _ = fleet;
  const held = await fleet.until(holder.locks.acquire("a"));
  const [first, later] = [waitingOf(waiter), waitingOf(waiter)];
  await fleet.pass(50);
  waiter.isCut = true;
  const [key = ""] = keysOf(waiter);
  const { revision } = fleet.store.look(key);
  await fleet.store.remove(key, { expected: revision, timeout: TTL });
  await fleet.pass(MARKER_IS_GONE);
  waiter.isCut = false;
  await fleet.pass(ROUND);
  assertEquals(keysOf(waiter).length, 3);
  await fleet.until(held.release());
  await fleet.until((await fleet.until(later)).release());
  await fleet.until(first);
});

Deno.test("Requests of a process get their lock after the server lost the tickets before them, and theirs", async () => {
  const [fleet, holder, waiter] = fleetOf(2);
  await using _ = fleet;
  const { token } = await fleet.until(waiter.locks.acquire("other"));
  for (let left = 40; left > 0; left--) await fleet.until(holder.locks.request("lift", () => {}));
  await fleet.until(holder.locks.acquire("a"));
  const [first, second] = [waitingOf(waiter), waitingOf(waiter)];
  await fleet.pass(50);
  fleet.store.rollBack(token);
  await fleet.pass(ROUND);
  // Each queues again as soon as it knows, not in the old order.
  await fleet.until((await fleet.until(Promise.race([first, second]))).release());
  await fleet.until(Promise.all([first, second]));
});
