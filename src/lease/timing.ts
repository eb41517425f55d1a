/** The times of a lease, the relations between them, and what they mean in practice. */

import { SLEEP_THRESHOLD } from "../base/clock.ts";
import { badParameter, BadParameterError, BucketConfigError } from "../base/errors.ts";

/**
 * Times of a lease that a user may set. All values are milliseconds, positive and finite.
 *
 * `renewEvery + retryEvery + requestTimeout` must be less than the lease length minus `margin`, so that after a failed
 * renewal there is time for a second one.
 */
export interface TimingOptions {
  /** Time from one renewal to the next. Default: a third of the lease length. */
  readonly renewEvery?: number;
  /**
   * How much earlier than the server the holder considers its lease over. It covers clocks that run at different rates,
   * and short sleeps of the machine that its clock does not notice. At least 10. Default: a tenth of the lease length.
   */
  readonly margin?: number;
  /** Longest wait for the answer to one request. Default: a quarter of the lease length, at most 5,000. */
  readonly requestTimeout?: number;
  /** Pause before a failed request is sent again. Default: a fifteenth of the lease length, at most 1,000. */
  readonly retryEvery?: number;
}

/** All times of one lease in milliseconds. `ttl` is how long the server keeps a record that is not renewed. */
export type LeaseTiming = Required<TimingOptions> & { readonly ttl: number };

/** The server counts the lease length of a single lock in whole seconds, and cuts off the fraction. */
const SECOND = 1000;

/** Shortest time, in milliseconds, for which a server lets a bucket keep messages. */
const MIN_TTL = 100;

/**
 * Least margin in milliseconds. Half covers sleep that the clock may miss, half covers the clocks' resolution and
 * rates.
 */
const LEAST_MARGIN = 2 * SLEEP_THRESHOLD;

/**
 * How long after an expiry a waiter may read, in ms: 300 until the server has removed the record, 200 by the waiter.
 */
const LONGEST_LAG = 300 + 200;

/**
 * Checks the times of a lease and fills in defaults.
 *
 * @throws {BadParameterError} if a time is not a positive finite number; if the margin does not cover the sleep that a
 * clock may miss; or if a failed renewal leaves no time for another before the lease is over, which needs
 * `renewEvery + retryEvery + requestTimeout < ttl - margin`
 */
export function leaseTiming(ttl: number, options: TimingOptions = {}): LeaseTiming {
  requireDuration("ttl", ttl);
  const times = {
    renewEvery: options.renewEvery ?? ttl / 3,
    margin: options.margin ?? ttl / 10,
    requestTimeout: options.requestTimeout ?? Math.min(5 * SECOND, ttl / 4),
    retryEvery: options.retryEvery ?? Math.min(SECOND, ttl / 15),
  };
  for (const [field, value] of Object.entries(times)) requireDuration(`timing.${field}`, value);
  const { renewEvery, margin, requestTimeout, retryEvery } = times;
  if (margin < LEAST_MARGIN) {
    const wanted = `${LEAST_MARGIN} ms or more, twice the ${SLEEP_THRESHOLD} ms of sleep that a clock may miss`;
    throw badParameter("timing.margin", `${wanted} (default: a tenth of "ttl")`, margin);
  }
  const needed = renewEvery + retryEvery + requestTimeout;
  if (needed < ttl - margin) return { ttl, ...times };
  throw new BadParameterError(
    "timing",
    `Cannot keep a lease with these times: "renewEvery" + "retryEvery" + "requestTimeout" must be less than ` +
      `"ttl" - "margin", current values are ${renewEvery} + ${retryEvery} + ${requestTimeout} = ${needed} ` +
      `and ${ttl} - ${margin} = ${ttl - margin}`,
  );
}

/** Checks a bucket's lease length in milliseconds. @throws {BadParameterError} if no server accepts it */
export function requireBucketTtl(ttl: number): void {
  requireDuration("ttl", ttl);
  if (ttl < MIN_TTL) throw badParameter("ttl", `at least ${MIN_TTL} ms, the server's minimum`, ttl);
}

/**
 * Returns the lease length of a single lock as the server counts it: in milliseconds, cut to whole seconds.
 *
 * @throws {BadParameterError} if `ttl` is not a number of milliseconds, or less than a second
 */
export function wholeSeconds(ttl: number): number {
  requireDuration("ttl", ttl);
  if (ttl < SECOND) throw badParameter("ttl", `a per-lock lease of at least ${SECOND} ms`, ttl);
  return Math.floor(ttl / SECOND) * SECOND;
}

/**
 * Returns the lease length that applies, in milliseconds: the lock's own if it has one, else the bucket's.
 *
 * @throws {BucketConfigError} if neither has one, or if the lock has its own and the bucket does not support that
 * @throws {BadParameterError} if the bucket would remove the record earlier
 */
export function leaseLength(
  own: number | null,
  settings: { readonly ttl: number | null; readonly perKeyTtl: boolean; readonly server?: string },
  bucket: string,
): number {
  if (own === null && settings.ttl === null) {
    const wanted = `the lease length, or the Locker must set its own "ttl"`;
    throw new BucketConfigError({ bucket, setting: "max_age", value: 0, wanted });
  }
  if (own !== null && !settings.perKeyTtl) {
    const found = settings.server ? `, found ${settings.server}` : "";
    const wanted = `true for a Locker with its own "ttl" (needs server 2.11 or later${found})`;
    throw new BucketConfigError({ bucket, setting: "allow_msg_ttl", value: false, wanted });
  }
  const most = settings.ttl ?? Infinity;
  const length = own ?? most;
  if (length > most) throw badParameter("ttl", `at most ${most} ms, the "max_age" of bucket "${bucket}"`, own);
  return length;
}

function requireDuration(field: string, value: unknown): void {
  if (typeof value === "number" && Number.isFinite(value) && value > 0) return;
  throw badParameter(field, "a positive finite number of milliseconds", value);
}

/** What a lease length and its times mean in practice. All values are milliseconds. */
export interface TimingFigures {
  /** How much the holder's clock may fall behind during one lease before two candidates can believe that they hold. */
  readonly skewTolerated: number;
  /** Longest outage of the network or the server that never costs a holder its lease. */
  readonly outageRiddenOut: number;
  /**
   * Longest time from a holder's crash to the next grant, if a candidate waits. The time of the requests comes on top.
   */
  readonly crashTakeover: number;
  /** Longest time from a release to the next grant if its push is lost. Else it takes one push and one message. */
  readonly gracefulHandover: number;
}

/**
 * Returns what a lease length and its times mean in practice.
 *
 * @param ttl lease length in milliseconds
 * @param options the other times, as for a Locker; defaults are derived from `ttl`
 * @throws {BadParameterError} if a time is out of range, or if the times do not fit together
 */
export function timingFigures(ttl: number, options: TimingOptions = {}): TimingFigures {
  const { margin, renewEvery, requestTimeout, retryEvery } = leaseTiming(ttl, options);
  // The worst outage begins just before a renewal. A request sent just before its end still times out. After a pause
  // the next request gets through, which has to be before the lease is over.
  const outageRiddenOut = Math.max(0, ttl - margin - renewEvery - requestTimeout - retryEvery);
  const takeover = ttl + LONGEST_LAG;
  return { skewTolerated: margin, outageRiddenOut, crashTakeover: takeover, gracefulHandover: takeover };
}

/**
 * Returns the figures of {@linkcode timingFigures} as four lines of text, in seconds.
 *
 * @param ttl lease length in milliseconds
 * @param options the other times, as for a Locker; defaults are derived from `ttl`
 * @throws {BadParameterError} if a time is out of range, or if the times do not fit together
 */
export function describeTiming(ttl: number, options: TimingOptions = {}): string {
  const figures = timingFigures(ttl, options);
  const seconds = (ms: number) => `${(ms / 1000).toFixed(2)} s`;
  return [
    `clock skew tolerated:         ${seconds(figures.skewTolerated)} over a lease of ${seconds(ttl)}`,
    `outage ridden out:            ${seconds(figures.outageRiddenOut)}`,
    `takeover after a crash:       at most ${seconds(figures.crashTakeover)}`,
    `hand-over after a release:    one push and one message; at most ${seconds(figures.gracefulHandover)}`,
  ].join("\n");
}
