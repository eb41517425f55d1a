/**
 * What given times mean in practice.
 *
 * @module
 */

import { leaseTiming, type TimingOptions } from "./timing.ts";

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

/** What a server may take longer to remove what has run out (nats-facts 1). */
const SERVER_LAG = 300;

/** How much later a waiter's next look may be. */
const RECHECK = 200;

/**
 * Works out what a lease length and its times mean.
 *
 * @param ttl lease length in milliseconds
 * @param options other times, as for a Locker
 * @throws {BadParameterError} if they do not fit together
 */
export function timingFigures(ttl: number, options: TimingOptions = {}): TimingFigures {
  const { margin, renewEvery, requestTimeout, retryEvery } = leaseTiming(ttl, options);
  const takeover = ttl + SERVER_LAG + RECHECK;
  return {
    skewTolerated: margin,
    // The worst outage begins just before a renewal, and its end is noticed by the first request after it.
    outageRiddenOut: Math.max(0, ttl - margin - renewEvery - requestTimeout - retryEvery),
    crashTakeover: takeover,
    gracefulHandover: takeover,
  };
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
