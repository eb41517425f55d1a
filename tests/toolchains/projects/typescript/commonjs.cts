/** A CommonJS file in TypeScript: the compiler makes a `require()` of the import. */

import { type Lease, Locker } from "@x/natslock";

/** Runs work under a lock. */
export async function work(locker: Locker): Promise<number> {
  return await locker.run((lease: Lease): number => lease.token);
}

/** Opens a lock. */
export function open(): Promise<Locker> {
  return Locker.open({ servers: "ws://127.0.0.1:8080", bucket: "locks", ttl: 15_000 });
}
