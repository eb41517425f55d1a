/** The gauge that tells whether a process leads. */

import type { Locker } from "../locker/locker.ts";
import { type Attributes, idOf, type Meter, type ObservableResult } from "./api.ts";

/** The Lockers that share one time series. */
interface Series {
  readonly attributes: Attributes;
  readonly lockers: Set<Locker>;
}

/**
 * One gauge for each meter. Asks the Lockers when it is read, because a process that is frozen or busy gets no event when
 * its lease ends.
 */
export class LeaderGauge {
  static readonly #all = new WeakMap<Meter, LeaderGauge>();
  /** Never removed: the SDK would go on to report the last value, which is 0 once the Locker is. */
  readonly #series = new Map<string, Series>();

  private constructor(meter: Meter) {
    const description = "1 if a Locker with these attributes holds its lock, by the clock; else 0";
    meter.createObservableGauge("natslock.leader", { description }).addCallback((result) => this.#observe(result));
  }

  /** Returns the gauge of a meter. */
  static of(meter: Meter): LeaderGauge {
    const gauge = LeaderGauge.#all.get(meter) ?? new LeaderGauge(meter);
    LeaderGauge.#all.set(meter, gauge);
    return gauge;
  }

  /** Adds a Locker. Returns a function that removes it: without a Locker that leads the value is 0. */
  add(locker: Locker, attributes: Attributes): () => void {
    const id = idOf(attributes);
    const series = this.#series.get(id) ?? { attributes, lockers: new Set() };
    this.#series.set(id, series);
    series.lockers.add(locker);
    return () => void series.lockers.delete(locker);
  }

  #observe(result: ObservableResult): void {
    for (const { attributes, lockers } of this.#series.values()) {
      result.observe([...lockers].some(({ token }) => token !== null) ? 1 : 0, attributes);
    }
  }
}
