/**
 * A bucket in memory and a clock that is moved by hand. Use them to test what your code does when it takes, waits for
 * and loses a lock, without a server and without waiting.
 *
 * The same Locker runs on them as on NATS. The test defines how the network behaves: `intercept` handles the requests
 * of a Locker to the bucket, and `push` the changes that the bucket pushes to watchers.
 *
 * @example Lose the lead and take it again
 * ```ts ignore
 * import { type Lease, Locker } from "@x/natslock";
 * import { ManualClock, MemoryStore } from "@x/natslock/testing";
 *
 * const clock = new ManualClock();
 * let reachable = true;
 * const store = new MemoryStore(clock, {
 *   ttl: 10_000,
 *   intercept: (request) => Promise.resolve(reachable ? request.perform() : request.timeout()),
 * });
 * const locker = new Locker({ store, clock });
 *
 * const work = (lease: Lease) => new Promise<void>((done) => lease.signal.addEventListener("abort", () => done()));
 * locker.lead(work).catch((error) => console.log(error.message)); // ends when the Locker is closed
 * await clock.advance(5000);
 * if (locker.token === null) throw new Error("It should lead, and have renewed");
 *
 * reachable = false;
 * await clock.advance(10_000);
 * if (locker.token !== null) throw new Error("It should have stood down by its own clock");
 *
 * reachable = true;
 * await clock.advance(5000);
 * if (locker.token === null) throw new Error("It should lead again");
 * await locker.close();
 * ```
 *
 * @module
 */

export type { Clock } from "./base/clock.ts";
export { ManualClock } from "./memory/manual_clock.ts";
export type { Intercept, LinkOptions, StoreRequest } from "./memory/memory_link.ts";
export { MemoryStore, type MemoryStoreOptions } from "./memory/memory_store.ts";
export type { KeyState, LeaseRecord, Meta } from "./store/record.ts";
export type {
  BucketSettings,
  Hint,
  LeaseStore,
  ReadOutcome,
  ReadRequest,
  RemoveRequest,
  SettingsRequest,
  WriteOutcome,
  WriteRequest,
} from "./store/store.ts";
export type { LockMode, Ticket } from "./store/ticket.ts";
export type { AppendRequest, Push, ScanOutcome, ScanRequest, StoredEntry, TicketStore } from "./store/ticket_store.ts";
export { ConnectionError, type ConnectionErrorReason, NatslockError } from "./base/errors.ts";
