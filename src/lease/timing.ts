/** The lengths of time a lease lives by, the relations between them, and what they mean in practice. */

import { SLEEP_THRESHOLD } from "../base/clock.ts";
import { badParameter, BadParameterError, BucketConfigError } from "../base/errors.ts";

/** What a user may set; all values are milliseconds. */
export interface TimingOptions {
  /** Time between two renewals. Default: a third of the lease length. */
  readonly renewEvery?: number;
  /**
   * How much earlier the holder's lease ends than the server's, since clock rates differ and a short sleep of the
   * machine may go unnoticed: at least 10. Default: a tenth of the lease length.
   */
  readonly margin?: number;
  /** The longest wait for one answer. Default: a quarter of the lease length, at most 5,000. */
  readonly requestTimeout?: number;
  /** Pause before a failed request is repeated. Default: a fifteenth of the lease length, at most 1,000. */
  readonly retryEvery?: number;
}

/** All times of one lease in milliseconds; `ttl` is how long the server keeps an unrenewed record. */
export type LeaseTiming = Required<TimingOptions> & { readonly ttl: number };

/** The server counts a lock's own lease in whole seconds (NATS fact N1). */
const SECOND = 1000;

/** The server refuses to keep messages for less than this, in milliseconds. */
const SHORTEST_TTL = 100;

/** The least margin in milliseconds: half for sleep that the clock may miss, half for what clocks show and their rates. */
const LEAST_MARGIN = 2 * SLEEP_THRESHOLD;

/** How late a waiter may look: what a server takes to remove what has run out (nats-facts 1), and 200 ms of its own. */
const LONGEST_LAG = 300 + 200;

/**
 * Fills in defaults. Throws a BadParameterError unless every time is a positive finite number, the margin covers what a
 * clock may miss of sleep (L2), and a renewal that fails leaves room for another before the holder stands down (L3):
 * `renewEvery + retryEvery + requestTimeout < ttl - margin`.
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

/** Throws a BadParameterError unless `ttl`, in milliseconds, can be a bucket's lease length. */
export function requireBucketTtl(ttl: number): void {
  requireDuration("ttl", ttl);
  if (ttl < SHORTEST_TTL) throw badParameter("ttl", `at least ${SHORTEST_TTL} ms, the least that a server takes`, ttl);
}

/** A lock's own lease length as the server counts it, without the fraction of a second; BadParameterError below one. */
export function wholeSeconds(ttl: number): number {
  requireDuration("ttl", ttl);
  if (ttl < SECOND) throw badParameter("ttl", `a lock's own lease of at least ${SECOND} ms`, ttl);
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
  settings: { readonly ttl: number | null; readonly perKeyTtl: boolean; readonly server?: string },
  bucket: string,
): number {
  if (own === null && settings.ttl === null) {
    const wanted = `the lease length, or the Locker must be given a "ttl" of its own`;
    throw new BucketConfigError({ bucket, setting: "max_age", value: 0, wanted });
  }
  if (own !== null && !settings.perKeyTtl) {
    const found = settings.server ? `, this one is ${settings.server}` : "";
    const wanted = `true for a Locker with a "ttl" of its own (server 2.11 and later can${found})`;
    throw new BucketConfigError({ bucket, setting: "allow_msg_ttl", value: false, wanted });
  }
  const most = settings.ttl ?? Infinity;
  const length = own ?? most;
  if (length > most) throw badParameter("ttl", `at most the ${most} ms that bucket "${bucket}" keeps a record`, own);
  return length;
}

function requireDuration(field: string, value: unknown): void {
  if (typeof value === "number" && Number.isFinite(value) && value > 0) return;
  throw badParameter(field, "a positive finite number of milliseconds", value);
}

/** The four numbers that users ask for, in milliseconds. */
export interface TimingFigures {
  /** By how much the holder's clock may run slow over one lease without two believing that they hold. */
  readonly skewTolerated: number;
  /** The longest outage of network or server that a holder certainly rides out without losing the lease. */
  readonly outageRiddenOut: number;
  /** The longest time from a holder's crash to the next grant, where somebody waits; requests themselves come on top. */
  readonly crashTakeover: number;
  /** The longest time from a release to the next grant if its push is lost; else it takes one push and one message. */
  readonly gracefulHandover: number;
}

/**
 * Works out what a lease length and its times mean.
 *
 * @param ttl lease length in milliseconds
 * @param options other times, as for a Locker
 * @throws {BadParameterError} if they do not fit together
 */
export function timingFigures(ttl: number, options: TimingOptions = {}): TimingFigures {
  const { margin, renewEvery, requestTimeout, retryEvery } = leaseTiming(ttl, options);
  // The worst outage begins just before a renewal, and its end is noticed by the first request after it.
  const outageRiddenOut = Math.max(0, ttl - margin - renewEvery - requestTimeout - retryEvery);
  const takeover = ttl + LONGEST_LAG;
  return { skewTolerated: margin, outageRiddenOut, crashTakeover: takeover, gracefulHandover: takeover };
}

/** The figures as four lines for people. */
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
