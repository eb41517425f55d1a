/** The metrics by name, except the gauge of leaders. */

import type { Counter, Histogram, Meter } from "./api.ts";

/** Upper bounds in seconds. A lock that is free takes about a millisecond; a candidate may wait for days. */
const WAIT_BOUNDS = [0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 10, 30, 60, 300, 1800, 3600];
const HOLD_BOUNDS = [0.01, 0.05, 0.1, 0.5, 1, 5, 10, 30, 60, 300, 900, 3600, 21_600, 86_400];

/** The metrics of one meter that events and waits change. */
export interface Instruments {
  readonly acquisitions: Counter;
  readonly waits: Histogram;
  readonly holds: Histogram;
  readonly losses: Counter;
  readonly renewals: Counter;
  readonly renewalFailures: Counter;
  readonly events: Counter;
  readonly held: Counter;
  readonly waiting: Counter;
}

/** Makes the metrics. A meter returns the same metric for the same name. */
export function instrumentsOf(meter: Meter): Instruments {
  const counter = (name: string, unit: string, description: string) =>
    meter.createCounter(`natslock.${name}`, { unit: `{${unit}}`, description });
  const level = (name: string, unit: string, description: string) =>
    meter.createUpDownCounter(`natslock.${name}`, { unit: `{${unit}}`, description });
  const seconds = (name: string, description: string, explicitBucketBoundaries: number[]) =>
    meter.createHistogram(`natslock.${name}.duration`, {
      unit: "s",
      description,
      advice: { explicitBucketBoundaries },
    });
  return {
    acquisitions: counter("acquisitions", "acquisition", "Number of grants"),
    waits: seconds("wait", "Time from a call that waits for a lock until its end", WAIT_BOUNDS),
    holds: seconds("hold", "Time from a grant until the lock was released or lost", HOLD_BOUNDS),
    losses: counter("losses", "loss", "Number of holds that ended without a release"),
    renewals: counter("renewals", "renewal", "Number of renewals that were confirmed in time"),
    renewalFailures: counter("renewal.failures", "failure", "Number of renewals that failed or got no answer"),
    events: counter("events", "event", "Number of events of each type"),
    held: level("held", "lock", "Number of locks that are held now"),
    waiting: level("waiting", "wait", "Number of calls that wait for a lock now"),
  };
}
