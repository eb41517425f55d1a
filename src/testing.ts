/**
 * A bucket in memory and a clock that is moved by hand. Use them to test what your code does when it takes, waits for
 * and loses a lock, without a server and without waiting.
 *
 * The same Locker and LockManager run on them as on NATS. The test defines how the network behaves: `intercept` handles
 * their requests to the bucket, and `push` the changes that the bucket pushes to watchers.
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
 * @example Wait for a lock of a LockManager whose holder is cut off
 * ```ts ignore
 * import { LockManager } from "@x/natslock";
 * import { ManualClock, MemoryStore } from "@x/natslock/testing";
 *
 * const clock = new ManualClock();
 * const store = new MemoryStore(clock, { ttl: 86_400_000 }); // at least `maxHold`
 * let reachable = true;
 * const link = store.link({
 *   intercept: (request) => Promise.resolve(reachable ? request.perform() : request.timeout()),
 * });
 * const [red, green] = [link, store].map((store) => new LockManager({ store, clock, ttl: 10_000 }));
 *
 * const granted = red?.acquire("report");
 * await clock.advance(100); // promises settle while the clock moves
 * const lock = await granted;
 * const waiting = green?.acquire("report");
 * await clock.advance(100);
 * reachable = false;
 * await clock.advance(12_000);
 * const next = await waiting;
 * if (!lock || lock.held || !next?.held) throw new Error("red should have lost the lock, green should hold it");
 *
 * reachable = true;
 * const closed = Promise.all([red?.close(), green?.close()]);
 * await clock.advance(60_000);
 * await closed;
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
  ConnectionState,
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
