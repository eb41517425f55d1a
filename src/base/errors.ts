/** The errors that this library throws, rejects with or aborts signals with. */

/**
 * Base class of all errors of this library.
 *
 * Tell errors apart by `code` or `name`: `instanceof` works only within one copy of the library. A lock that another
 * candidate holds is not an error: such calls return `false` or `null`. A cancelled wait rejects with the caller's own
 * `signal.reason`.
 */
export class NatslockError extends Error {
  /** Class name, kept under minification. */
  override readonly name: string = "NatslockError";
  /** Stable machine-readable name of the error, such as `"BAD_PARAMETER"`. */
  readonly code: string;

  /** Creates an error; `options.cause` is the error that led to it. */
  constructor(code: string, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }

  /** True if the same call may succeed later although nobody changes anything. */
  get transient(): boolean {
    return false;
  }
}

/** The most characters of a value that an error message shows. */
const MAX_SHOWN = 100;

/** Formats a value for an error message and shortens it. Never throws, whatever the value is. */
export function show(value: unknown): string {
  try {
    const text = typeof value === "number" ? String(value) : JSON.stringify(value) ?? String(value);
    return text.length <= MAX_SHOWN ? text : `${text.slice(0, MAX_SHOWN)}... (${text.length} characters)`;
  } catch {
    return typeof value;
  }
}

/** Formats names for an error message. A lock can have a name of any length. */
export function showNames(names: string | readonly string[]): string {
  return [names].flat().map(show).join(", ");
}

const mustBe = (wanted: string, value: unknown): string => `must be ${wanted}, current value is ${show(value)}`;

/**
 * An argument is missing or out of range: correct the call. Thrown before any request is sent, except for a `ttl` or
 * `timing` that does not fit the bucket, which is checked when the bucket's settings are known, and for a `limit` that
 * differs from that of an earlier request for the same lock.
 */
export class BadParameterError extends NatslockError {
  /** Class name, kept under minification. */
  override readonly name = "BadParameterError";
  /** Name of the argument or field. */
  readonly parameter: string;

  /** Creates an error about `parameter`; the message states its value and what is wanted. */
  constructor(parameter: string, message: string, options?: ErrorOptions) {
    super("BAD_PARAMETER", message, options);
    this.parameter = parameter;
  }
}

/** Returns the error for a parameter whose value is not what is wanted. */
export function badParameter(parameter: string, wanted: string, value: unknown): BadParameterError {
  return new BadParameterError(parameter, `Cannot use "${parameter}": ${mustBe(wanted, value)}`);
}

/** A setting of a bucket that is unfit for locks, as a {@linkcode BucketConfigError} reports it. */
export type BucketProblem = Pick<BucketConfigError, "bucket" | "setting" | "value" | "wanted">;

/**
 * A setting of the bucket makes locks unsafe, or does not fit the lock: change the setting, or use a bucket that was
 * created for locks.
 */
export class BucketConfigError extends NatslockError {
  /** Class name, kept under minification. */
  override readonly name = "BucketConfigError";
  /** Name of the bucket. */
  readonly bucket: string;
  /** Name of the setting, as the server spells it. */
  readonly setting: string;
  /** Current value of the setting. */
  readonly value: unknown;
  /** Value that a bucket for locks needs, and why. */
  readonly wanted: string;

  /** Creates an error whose message states the problem in one sentence. */
  constructor({ bucket, setting, value, wanted }: BucketProblem) {
    super("BUCKET_CONFIG", `Cannot keep locks in bucket "${bucket}": "${setting}" ${mustBe(wanted, value)}`);
    this.bucket = bucket;
    this.setting = setting;
    this.value = value;
    this.wanted = wanted;
  }
}

/**
 * A wait for the lock reached its `timeout`; `cause` is the last transient error, if there was any. A record or ticket
 * that the wait may have written is removed in the background, or expires.
 */
export class AcquireTimeoutError extends NatslockError {
  /** Class name, kept under minification. */
  override readonly name = "AcquireTimeoutError";

  /** Creates an error; the message names the key and the timeout. */
  constructor(message: string, options?: ErrorOptions) {
    super("ACQUIRE_TIMEOUT", message, options);
  }
}

/**
 * Why a lease was lost.
 *
 * - `deadline`: no renewal was confirmed in time. The network, the server or this process was too slow, or a permission
 *   was revoked: see `cause`.
 * - `superseded`: another record is stored under the key.
 * - `removed`: the record is gone. It expired or was purged, or the bucket was deleted.
 * - `stolen`: someone took the lock on purpose.
 * - `closed`: the connection was closed for good.
 */
export type LossReason = "deadline" | "superseded" | "removed" | "stolen" | "closed";

/**
 * The lease ended although its holder did not release it: stop the protected work. This is the reason of
 * `lease.signal` and `lock.signal`, and `Locker.run()` and `LockManager.request()` reject with it.
 */
export class LeaseLostError extends NatslockError {
  /** Class name, kept under minification. */
  override readonly name = "LeaseLostError";
  /** Why the lease was lost. */
  readonly why: LossReason;

  /** Creates an error; the message names the key and the reason. */
  constructor(why: LossReason, message: string, options?: ErrorOptions) {
    super("LEASE_LOST", message, options);
    this.why = why;
  }
}

/**
 * The holder released the lease, or is about to: stop the protected work. This is the reason of `lease.signal` and
 * `lock.signal`.
 */
export class LeaseReleasedError extends NatslockError {
  /** Class name, kept under minification. */
  override readonly name = "LeaseReleasedError";

  /** Creates an error; the message names the key. */
  constructor(message: string, options?: ErrorOptions) {
    super("LEASE_RELEASED", message, options);
  }
}

/** The Locker or LockManager was closed: create a new one. */
export class LockerClosedError extends NatslockError {
  /** Class name, kept under minification. */
  override readonly name = "LockerClosedError";

  /** Creates an error; the message names the key of the Locker or the bucket of the LockManager. */
  constructor(message: string, options?: ErrorOptions) {
    super("LOCKER_CLOSED", message, options);
  }
}

/**
 * Why a request to NATS failed.
 *
 * - `timeout`: no answer in time. The request may have been carried out, or may still be carried out later.
 * - `unavailable`: no server could be reached, the bucket has no leader at the moment, or JetStream is overloaded, full
 *   or disabled. Try again; if the message names a remedy, apply it.
 * - `contended`: the key could not be taken until the time was up, because others kept writing to it, or because its
 *   revisions were not above one that was seen before. Try again.
 * - `denied`: the server refused the user, or the user lacks a permission. In the latter case the message names the
 *   permission, its subject and where to add it.
 * - `bucket_missing`: the bucket does not exist, was deleted or was re-created.
 * - `closed`: the connection is closed for good.
 * - `refused`: the server refused for another reason: see `cause`.
 */
export type ConnectionErrorReason =
  | "timeout"
  | "unavailable"
  | "contended"
  | "denied"
  | "bucket_missing"
  | "closed"
  | "refused";

/** Reports whether an error says that the bucket does not exist. */
export function isMissing(error: unknown): error is ConnectionError {
  return error instanceof ConnectionError && error.why === "bucket_missing";
}

/** Reports whether an error says that the bucket or the connection is gone for good. */
export function isGone(error: unknown): boolean {
  return isMissing(error) || (error instanceof ConnectionError && error.why === "closed");
}

/** NATS could not be reached or refused a request. `why` is the reason, `cause` the error of the NATS client. */
export class ConnectionError extends NatslockError {
  /** Class name, kept under minification. */
  override readonly name = "ConnectionError";
  /** Why the request failed. */
  readonly why: ConnectionErrorReason;

  /** Creates an error; the message states what was tried and why it failed. */
  constructor(why: ConnectionErrorReason, message: string, options?: ErrorOptions) {
    super("CONNECTION", message, options);
    this.why = why;
  }

  /** True if `why` is `timeout`, `unavailable` or `contended`. */
  override get transient(): boolean {
    return ["timeout", "unavailable", "contended"].includes(this.why);
  }
}
