/**
 * Lock managers on one bucket in memory whose time passes by itself, so that scenarios need not move it.
 *
 * @module
 */

import { LockManager } from "../../src/locks/lock_manager.ts";
import { MemoryStore } from "../../src/memory/memory_store.ts";
import { SystemClock } from "../../src/base/clock.ts";
import type { OpenClients } from "./lock_manager_scenarios.ts";
import type { LocksLike } from "./locks_like.ts";

/** Opens lock managers on a new bucket in memory. */
export function openMemoryLocks(count: number): Promise<OpenClients> {
  const clock = new SystemClock();
  const store = new MemoryStore(clock, { ttl: 60_000 });
  const managers = Array.from(
    { length: count },
    (_, index) => new LockManager({ store, clock, name: `client ${index}`, ttl: 3000, maxHold: 60_000 }),
  );
  return Promise.resolve({
    clients: managers as unknown as readonly LocksLike[],
    close: async () => void await Promise.all(managers.map((manager) => manager.close())),
  });
}
