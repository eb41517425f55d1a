/**
 * Every error that this library throws, rejects with or aborts with.
 *
 * Contention is never an error: it is `false` or `null`. A cancelled wait rejects with the caller's own
 * `signal.reason`. Tell errors apart by `code` or `name`; `instanceof` works only within one copy of the library.
 */

/** Base of all errors of this library: catch it to catch them all. */
export class NatslockError extends Error {
  /** Class name, kept under minification. */
  override readonly name: string = "NatslockError";
  /** Stable machine-readable name of the condition, such as `"BAD_PARAMETER"`. */
  readonly code: string;

  /** `options.cause` keeps what led to it. */
  constructor(code: string, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }

  /** True where the same call may succeed later without anybody changing anything. */
  get transient(): boolean {
    return false;
  }
}

/** How much of a value is shown, in characters. */
const SHOWN = 100;

/** A value as an error message shows it, shortened; never throws, whatever a caller passed. */
export function show(value: unknown): string {
  try {
    const text = typeof value === "number" ? String(value) : JSON.stringify(value) ?? String(value);
    return text.length <= SHOWN ? text : `${text.slice(0, SHOWN)}... (${text.length} characters)`;
  } catch {
    return typeof value;
  }
}

const mustBe = (wanted: string, value: unknown): string => `must be ${wanted}, current value is ${show(value)}`;

/** An argument is missing or out of range. Thrown before any message is sent: mend the call. */
export class BadParameterError extends NatslockError {
  /** Class name, kept under minification. */
  override readonly name = "BadParameterError";
  /** The argument or field that is wrong. */
  readonly parameter: string;

  /** Names the parameter; the message says its value and what was wanted. */
  constructor(parameter: string, message: string, options?: ErrorOptions) {
    super("BAD_PARAMETER", message, options);
    this.parameter = parameter;
  }
}

/** The problem about a parameter that is not what was wanted. */
export function badParameter(parameter: string, wanted: string, value: unknown): BadParameterError {
  return new BadParameterError(parameter, `Cannot use "${parameter}": ${mustBe(wanted, value)}`);
}

/** What a {@linkcode BucketConfigError} found. */
export type BucketProblem = Pick<BucketConfigError, "bucket" | "setting" | "value" | "wanted">;

/** The bucket has a setting with which locks would not be safe: change that setting, or use a bucket made for locks. */
export class BucketConfigError extends NatslockError {
  /** Class name, kept under minification. */
  override readonly name = "BucketConfigError";
  /** Name of the bucket. */
  readonly bucket: string;
  /** Name of the setting, as the server spells it. */
  readonly setting: string;
  /** Its present value. */
  readonly value: unknown;
  /** What a lock bucket needs. */
  readonly wanted: string;

  /** States the problem in one sentence. */
  constructor({ bucket, setting, value, wanted }: BucketProblem) {
    super("BUCKET_CONFIG", `Cannot keep locks in bucket "${bucket}": "${setting}" ${mustBe(wanted, value)}`);
    this.bucket = bucket;
    this.setting = setting;
    this.value = value;
    this.wanted = wanted;
  }
}

/** A wait for the lock ran into its own `timeout`. Nothing of it is left on the server. */
export class AcquireTimeoutError extends NatslockError {
  /** Class name, kept under minification. */
  override readonly name = "AcquireTimeoutError";

  /** Says which key was waited for and how long. */
  constructor(message: string, options?: ErrorOptions) {
    super("ACQUIRE_TIMEOUT", message, options);
  }
}

/**
 * Why a lease was lost.
 *
 * - `deadline`: no renewal was confirmed in time (network, server or this process was too slow, or a right was revoked:
 *   see `cause`);
 * - `superseded`: another record stands under the key;
 * - `removed`: the record is gone (expired, purged, or the bucket was deleted);
 * - `stolen`: someone took it on purpose;
 * - `closed`: the connection was closed for good.
 */
export type LossReason = "deadline" | "superseded" | "removed" | "stolen" | "closed";

/** The lease is no longer held though nobody released it: stop the protected work. Always the reason of a signal. */
export class LeaseLostError extends NatslockError {
  /** Class name, kept under minification. */
  override readonly name = "LeaseLostError";
  /** Why it was lost. */
  readonly why: LossReason;

  /** Says which key and why. */
  constructor(why: LossReason, message: string, options?: ErrorOptions) {
    super("LEASE_LOST", message, options);
    this.why = why;
  }
}

/** The lease was given back by its holder. The reason of its signal from then on. */
export class LeaseReleasedError extends NatslockError {
  /** Class name, kept under minification. */
  override readonly name = "LeaseReleasedError";

  /** Says which key. */
  constructor(message: string, options?: ErrorOptions) {
    super("LEASE_RELEASED", message, options);
  }
}

/** The Locker was closed: make a new one. */
export class LockerClosedError extends NatslockError {
  /** Class name, kept under minification. */
  override readonly name = "LockerClosedError";

  /** Says which Locker. */
  constructor(message: string, options?: ErrorOptions) {
    super("LOCKER_CLOSED", message, options);
  }
}

/**
 * Why NATS did not do what was asked.
 *
 * - `timeout`: no answer in time, the request may or may not have been carried out;
 * - `unavailable`: the server has no leader for the bucket now, or is overloaded: try again;
 * - `contended`: others kept writing to the key until the time was up: try again;
 * - `denied`: the user lacks a right, or is not let in: the message names the right, its subject and where to add it;
 * - `bucket_missing`: the bucket does not exist (any more);
 * - `closed`: the connection is closed for good;
 * - `refused`: the server refused for another reason, see `cause`.
 */
export type ConnectionErrorReason =
  | "timeout"
  | "unavailable"
  | "contended"
  | "denied"
  | "bucket_missing"
  | "closed"
  | "refused";

/** True if an error says that the bucket does not exist. */
export function isMissing(error: unknown): error is ConnectionError {
  return error instanceof ConnectionError && error.why === "bucket_missing";
}

/** True if what an error is about is gone for good: the bucket, or the connection. */
export function isGone(error: unknown): boolean {
  return isMissing(error) || (error instanceof ConnectionError && error.why === "closed");
}

/** NATS is unreachable or refuses: `why` says which, `cause` is the client's own error. */
export class ConnectionError extends NatslockError {
  /** Class name, kept under minification. */
  override readonly name = "ConnectionError";
  /** Which kind of trouble. */
  readonly why: ConnectionErrorReason;

  /** Says what was tried and why it failed. */
  constructor(why: ConnectionErrorReason, message: string, options?: ErrorOptions) {
    super("CONNECTION", message, options);
    this.why = why;
  }

  /** True for `timeout`, `unavailable` and `contended`. */
  override get transient(): boolean {
    return ["timeout", "unavailable", "contended"].includes(this.why);
  }
}
