/**
 * The lengths of time a lease lives by, and the relations between them.
 *
 * @module
 */

import { BadParameterError, BucketConfigError, show } from "./errors.ts";

/** What a user may set; all values are milliseconds. */
export interface TimingOptions {
  /** Time between two renewals. Default: a third of the lease length. */
  readonly renewEvery?: number;
  /** How much earlier than the server the holder considers its lease over: covers clock rates that differ. Default: a tenth of the lease length. */
  readonly margin?: number;
  /** The longest wait for one answer. Default: a quarter of the lease length, at most 5,000. */
  readonly requestTimeout?: number;
  /** Pause before a failed request is repeated. Default: a fifteenth of the lease length, at most 1,000. */
  readonly retryEvery?: number;
}

/** The full set of times of one lease, in milliseconds. */
export interface LeaseTiming {
  /** Lease length: how long the server keeps an unrenewed record. */
  readonly ttl: number;
  /** Time between two renewals. */
  readonly renewEvery: number;
  /** How much earlier than the server the holder considers its lease over. */
  readonly margin: number;
  /** The longest wait for one answer. */
  readonly requestTimeout: number;
  /** Pause before a failed request is repeated. */
  readonly retryEvery: number;
}

/** The server counts a lock's own lease in whole seconds (NATS fact N1). */
const SECOND = 1000;

/** The server refuses to keep messages for less than this, in milliseconds. */
const SHORTEST_TTL = 100;

/**
 * Fills in defaults and holds the relations that keep a lease safe and alive.
 *
 * A renewal that fails once must leave room for another before the holder stands down (L3):
 * `renewEvery + retryEvery + requestTimeout < ttl - margin`.
 *
 * @param ttl lease length in milliseconds
 * @param options what the user set
 * @throws {BadParameterError} if a value is no positive finite number, or the relation does not hold
 */
export function leaseTiming(ttl: number, options: TimingOptions = {}): LeaseTiming {
  requireDuration("ttl", ttl);
  const timing: LeaseTiming = {
    ttl,
    renewEvery: options.renewEvery ?? ttl / 3,
    margin: options.margin ?? ttl / 10,
    requestTimeout: options.requestTimeout ?? Math.min(5 * SECOND, ttl / 4),
    retryEvery: options.retryEvery ?? Math.min(SECOND, ttl / 15),
  };
  for (
    const field of ["renewEvery", "margin", "requestTimeout", "retryEvery"] as const
  ) {
    requireDuration(`timing.${field}`, timing[field]);
  }
  const { renewEvery, margin, requestTimeout, retryEvery } = timing;
  const needed = renewEvery + retryEvery + requestTimeout;
  if (needed >= ttl - margin) {
    throw new BadParameterError(
      "timing",
      `Cannot keep a lease with these times: "renewEvery" + "retryEvery" + "requestTimeout" must be less than ` +
        `"ttl" - "margin", current values are ${renewEvery} + ${retryEvery} + ${requestTimeout} = ${needed} ` +
        `and ${ttl} - ${margin} = ${ttl - margin}`,
    );
  }
  return timing;
}

/**
 * Checks a bucket's lease length.
 *
 * @param ttl milliseconds, at least 100
 * @throws {BadParameterError} if it is anything else
 */
export function requireBucketTtl(ttl: number): void {
  requireDuration("ttl", ttl);
  if (ttl < SHORTEST_TTL) {
    throw new BadParameterError(
      "ttl",
      `Cannot use "ttl": must be at least ${SHORTEST_TTL} ms, which is the least a server takes, current value is ${ttl}`,
    );
  }
}

/**
 * A lock's own lease length as the server will count it: whole seconds, the fraction cut off (NATS fact N1).
 *
 * @param ttl milliseconds, at least 1,000
 * @returns milliseconds, a multiple of 1,000
 * @throws {BadParameterError} if it is no finite number or less than a second
 */
export function wholeSeconds(ttl: number): number {
  requireDuration("ttl", ttl);
  if (ttl < SECOND) {
    throw new BadParameterError(
      "ttl",
      `Cannot use "ttl" as a lock's own lease: must be at least 1000 ms, current value is ${ttl}`,
    );
  }
  return Math.floor(ttl / SECOND) * SECOND;
}

/**
 * The lease length in force, in milliseconds: the lock's own where it has one, else the bucket's.
 *
 * @throws {BucketConfigError} if the bucket keeps records for ever, or cannot give a lock a lease length of its own
 * @throws {BadParameterError} if the bucket would remove the record earlier
 */
export function leaseLength(
  own: number | null,
  terms: { readonly ttl: number | null; readonly perKeyTtl: boolean },
  bucket: string,
): number {
  if (own === null) {
    if (terms.ttl !== null) return terms.ttl;
    const wanted = `the lease length, or the Locker must be given a "ttl" of its own`;
    throw new BucketConfigError({ bucket, setting: "max_age", value: 0, wanted });
  }
  if (!terms.perKeyTtl) {
    const wanted = `true for a Locker with a "ttl" of its own (needs server 2.11)`;
    throw new BucketConfigError({ bucket, setting: "allow_msg_ttl", value: false, wanted });
  }
  if (terms.ttl !== null && own > terms.ttl) {
    throw new BadParameterError(
      "ttl",
      `Cannot use "ttl": must be at most the ${terms.ttl} ms that bucket "${bucket}" keeps a record, ` +
        `current value is ${own}`,
    );
  }
  return own;
}

function requireDuration(field: string, value: unknown): void {
  if (typeof value === "number" && Number.isFinite(value) && value > 0) return;
  throw new BadParameterError(
    field,
    `Cannot use "${field}": must be a positive finite number of milliseconds, current value is ${show(value)}`,
  );
}
