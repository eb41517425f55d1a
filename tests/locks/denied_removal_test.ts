import { assert, assertEquals, assertRejects } from "@std/assert";
import { ConnectionError, LockManager } from "@x/natslock";
import type { StoreRequest } from "../../src/memory/memory_link.ts";
import { Fleet, fleetOf, TTL } from "./fleet.ts";

for (
  const [who, isDead, options] of [
    ["thief", false, { steal: true }],
    ["waiter behind a dead holder", true, {}],
  ] as const
) {
  Deno.test(`LockManager.acquire() of a ${who} that may not remove the ticket rejects with denied`, async () => {
    const [fleet, holder] = fleetOf(1);
    await using _ = fleet;
    const lock = await fleet.until(holder.locks.acquire("a"));
    holder.isCut = isDead;
    let removals = 0;
    const intercept = <Outcome>(request: StoreRequest<Outcome>): Promise<Outcome> => {
      const isDenied = request.kind === "remove" && request.key.startsWith("=q.") && removals++ === 0;
      const error = new ConnectionError("denied", "Cannot write: not allowed");
      return Promise.resolve(isDenied ? request.fail(error) : request.perform());
    };
    const locks = new LockManager({
      store: fleet.store.link({ intercept }),
      clock: fleet.clock,
      random: fleet.random,
      ttl: TTL,
    });
    const { why } = await fleet.until(assertRejects(() => locks.acquire("a", options), ConnectionError));
    assertEquals(why, "denied");
    assert(isDead || lock.held);
    await fleet.until(locks.close());
  });
}

Deno.test("LockManager.acquire() behind a ticket of its own session, whose removal was denied, gets the lock when it is gone", async () => {
  await using fleet = new Fleet(0);
  const removedAt: number[] = [];
  const intercept = <Outcome>(request: StoreRequest<Outcome>): Promise<Outcome> => {
    const isRemoval = request.kind === "remove" && request.key.startsWith("=q.");
    if (isRemoval) removedAt.push(fleet.clock.now());
    const error = new ConnectionError("denied", "Cannot write: not allowed");
    return Promise.resolve(isRemoval && removedAt.length === 1 ? request.fail(error) : request.perform());
  };
  const { clock, random } = fleet;
  const locks = new LockManager({ store: fleet.store.link({ intercept }), clock, random, ttl: TTL });
  const shared = () => fleet.until(locks.acquire("a", { mode: "shared" }));
  const [first, second] = [await shared(), await shared()];
  await fleet.until(assertRejects(() => second.release(), ConnectionError));
  await fleet.until(first.release());
  const next = await fleet.until(locks.acquire("a"));
  // The third removal is that of the forgotten ticket.
  const took = clock.now() - (removedAt[2] ?? 0);
  assert(next.held && took < TTL / 10, `${took}`);
  await fleet.until(locks.close());
});
