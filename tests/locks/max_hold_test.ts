import { assert, assertEquals, assertRejects } from "@std/assert";
import { LeaseLostError } from "@x/natslock";
import { Fleet, TTL } from "./fleet.ts";

const MAX_HOLD = 10 * TTL;
/** When a lock ends by the clock of its process: a margin of a tenth earlier than the server removes its ticket. */
const END = 0.9 * MAX_HOLD;

Deno.test("LockManager.request() rejects with a LeaseLostError if maxHold ends in the moment in which the work resolves", async () => {
  await using fleet = new Fleet(1, { maxHold: MAX_HOLD });
  const locks = fleet.members[0]?.locks;
  assert(locks);
  await fleet.until(locks.request("first", () => {}));
  // This timer is set before that of the lock, so it runs first.
  const work = new Promise<void>((resolve) => fleet.clock.after(END, resolve));
  const request = locks.request("a", () => work);
  const error = await assertRejects(() => fleet.until(request, 2 * MAX_HOLD), LeaseLostError);
  assertEquals(error.why, "deadline");
});
