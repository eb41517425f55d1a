/** Measures one Locker or LockManager. */

import type { LossReason } from "../base/errors.ts";
import type { LockEvent } from "../lease/events.ts";
import type { Listener, WaitEnd } from "../lease/listeners.ts";
import { type Attributes, idOf, type Meter } from "./api.ts";
import { type Instruments, instrumentsOf } from "./instruments.ts";
import { LeaderGauge } from "./leader_gauge.ts";
import { outcomeOf, type Subject } from "./subject.ts";

/** What a counter of losses or of events has from the start. Other values get a time series when they first occur. */
const REASONS: readonly LossReason[] = ["deadline", "superseded", "removed", "stolen", "closed"];
const WARNINGS: readonly LockEvent["type"][] = ["at_risk", "stuck", "release_failed", "bucket_changed"];

/** Turns events and waits into metrics. */
export class Metrics implements Listener {
  readonly #subject: Subject;
  readonly #meters: Instruments;
  /** The holds that are counted as held, with the attributes that they are counted under. */
  readonly #holds = new Map<string, Attributes>();
  /** The waits that are counted as waiting. */
  readonly #waits = new Set<Attributes>();
  /** The attributes under which failures have been counted from 0. */
  readonly #started = new Set<string>();
  /** Ends what the gauge of leaders asks. */
  #hideLeader = (): void => {};

  /** Makes the metrics, failures at 0. Counts what a Locker holds already. */
  constructor(subject: Subject, meter: Meter) {
    this.#subject = subject;
    this.#meters = instrumentsOf(meter);
    this.#startAtZero(subject.attributesAtStart);
    const { locker } = subject;
    if (locker === null) return;
    const { key, token } = locker;
    if (token !== null) this.#began(holdOf({ key, token }), subject.attributes(key));
    this.#hideLeader = LeaderGauge.of(meter).add(locker, subject.attributesWithKey(key));
  }

  /** Counts an event. Events of a type that is not known here are counted under its name. */
  onEvent(event: LockEvent): void {
    const attributes = this.#subject.attributesOf(event);
    const { acquisitions, renewals, renewalFailures, events } = this.#meters;
    events.add(1, { ...attributes, "natslock.event": event.type });
    switch (event.type) {
      case "acquired":
        acquisitions.add(1, attributes);
        return this.#began(holdOf(event), attributes);
      case "renewed":
        return renewals.add(1, attributes);
      case "renewal_failed":
        return renewalFailures.add(1, attributes);
      case "released":
      case "lost":
        return this.#ended(event, attributes);
    }
  }

  /** Counts a wait, until the function that this returns is called. */
  onWait(key: string): (end: WaitEnd) => void {
    const attributes = this.#subject.attributes(key);
    const { waiting, waits } = this.#meters;
    this.#startAtZero(attributes);
    this.#waits.add(attributes);
    waiting.add(1, attributes);
    return (end) => {
      if (!this.#waits.delete(attributes)) return;
      waiting.add(-1, attributes);
      waits.record(end.waited / 1000, { ...attributes, "natslock.outcome": outcomeOf(end) });
    };
  }

  /** Takes back what is counted as held or waiting, so that the sums of others are right. */
  stop(): void {
    const { held, waiting } = this.#meters;
    const [holds, waits] = [[...this.#holds.values()], [...this.#waits]];
    this.#holds.clear();
    this.#waits.clear();
    this.#hideLeader();
    for (const attributes of holds) held.add(-1, attributes);
    for (const attributes of waits) waiting.add(-1, attributes);
  }

  /** Prometheus sees a counter rise only if it has seen it before. Otherwise an alert would miss the first failure. */
  #startAtZero(attributes: Attributes): void {
    const id = idOf(attributes);
    if (this.#started.has(id)) return;
    this.#started.add(id);
    const { losses, renewalFailures, events } = this.#meters;
    renewalFailures.add(0, attributes);
    for (const why of REASONS) losses.add(0, { ...attributes, "natslock.reason": why });
    for (const type of WARNINGS) events.add(0, { ...attributes, "natslock.event": type });
  }

  #began(hold: string, attributes: Attributes): void {
    this.#holds.set(hold, attributes);
    this.#meters.held.add(1, attributes);
  }

  #ended(event: Extract<LockEvent, { type: "released" | "lost" }>, attributes: Attributes): void {
    const { held, holds, losses } = this.#meters;
    const counted = this.#holds.get(holdOf(event));
    this.#holds.delete(holdOf(event));
    if (counted !== undefined) held.add(-1, counted);
    if (event.type === "lost") losses.add(1, { ...attributes, "natslock.reason": event.why });
    holds.record(event.age / 1000, { ...attributes, "natslock.outcome": event.type });
  }
}

/** Identifies a hold. A lock that is shared has several at once. */
export function holdOf({ key, token }: { readonly key: string; readonly token: number }): string {
  return `${key} ${token}`;
}
