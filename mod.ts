/**
 * Distributed locks and leader election on NATS JetStream key-value, for Deno, Bun, Node, browsers and workers.
 *
 * {@linkcode Locker} is for one lock or an election. {@linkcode LockManager} is for many locks by name, like
 * `navigator.locks`: in order, shared, with limits, several at once. A bucket is for one of the two.
 *
 * With a Locker, a lock is one key of a bucket. A candidate takes the lock by writing its record under the key, and holds
 * it until it releases the lock or its lease ends. Every write is a compare-and-set: however many candidates ask, exactly
 * one holds the lock. The holder counts its lease from before it sent the write. If no answer comes, the outcome of the
 * write is unknown until the library re-reads the key.
 *
 * **Failure model.** At most one candidate considers itself the holder, as long as the rates of the candidates' clocks
 * differ by less than the margin (by default a tenth of the lease). A lease cannot stop a process that was paused in
 * the middle of its work. Pass the fencing token with each write to the protected resource, and refuse older tokens
 * there.
 *
 * @example One round of a reconcile loop
 * ```ts ignore
 * import { Locker } from "@x/natslock";
 *
 * await using locker = await Locker.open({ servers: "ws://127.0.0.1:8080", bucket: "locks", ttl: 15_000 });
 * if (await locker.acquireLead()) console.log("this instance leads");
 * ```
 *
 * @module
 */

export { type BucketOptions, type Connection, newKeyValue } from "./src/nats/bucket.ts";
export { type CandidateOptions, DEFAULT_KEY_NAME, type Trace } from "./src/lease/candidate.ts";
export type { Clock } from "./src/base/clock.ts";
export {
  AcquireTimeoutError,
  BadParameterError,
  BucketConfigError,
  type BucketProblem,
  ConnectionError,
  type ConnectionErrorReason,
  LeaseLostError,
  LeaseReleasedError,
  LockerClosedError,
  type LossReason,
  NatslockError,
} from "./src/base/errors.ts";
export type { Health, HealthReason, LeaseHealth } from "./src/locker/health.ts";
export type { HoldLimitOptions } from "./src/locker/hold_limit.ts";
export type { EventListener, HoldEventAbout, LockEvent, LockEventAbout, SettingChanges } from "./src/lease/events.ts";
export { type Fence, Guard, guard, StaleTokenError } from "./src/nats/guard.ts";
export type { KvHandle } from "./src/nats/kv_handle.ts";
export { Lease, type LeaseControls } from "./src/lease/lease.ts";
export type { Leadership } from "./src/lease/leadership.ts";
export type { Listen, Listener, WaitEnd } from "./src/lease/listeners.ts";
export { Lock, type LockControls, type LockNames, type LocksOf } from "./src/locks/lock.ts";
export { LockManager } from "./src/locks/lock_manager.ts";
export type {
  LockManagerOptions,
  OpenLocksOptions,
  SessionSettings,
  StoreLockManagerOptions,
} from "./src/locks/options.ts";
export type { LockInfo, LockSnapshot, QueryOptions } from "./src/locks/query.ts";
export type { LockOptions, LockWork, WaitingLockOptions } from "./src/locks/request_options.ts";
export { Locker } from "./src/locker/locker.ts";
export type {
  ConnectionSettings,
  ConnectOptions,
  LockerOptions,
  OpenOptions,
  StoreLockerOptions,
} from "./src/locker/options.ts";
export type { Logger } from "./src/base/logger.ts";
export type { Random } from "./src/base/random.ts";
export type { KeyState, LeaseRecord, Meta } from "./src/store/record.ts";
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
} from "./src/store/store.ts";
export type { LockMode, Ticket } from "./src/store/ticket.ts";
export type {
  AppendRequest,
  Push,
  ScanOutcome,
  ScanRequest,
  StoredEntry,
  TicketStore,
} from "./src/store/ticket_store.ts";
export { describeTiming, type TimingFigures, timingFigures, type TimingOptions } from "./src/lease/timing.ts";
export type { WaitOptions } from "./src/base/wait.ts";
