import { assert, assertEquals, assertRejects } from "@std/assert";
import { ConnectionError, LockManager } from "@x/natslock";
import type { StoreRequest } from "../../src/memory/memory_link.ts";
import { fleetOf, TTL } from "./fleet.ts";

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
