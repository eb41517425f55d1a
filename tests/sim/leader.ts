/**
 * The leader of the stream: its clock, and the times at which there is none.
 *
 * @module
 */

import type { Clock } from "../../src/base/clock.ts";
import type { Place } from "./server.ts";

/**
 * Limits of the clocks of two leaders: their difference in ms, and how much their rate differs from true time. Together
 * with the rates of the candidates' clocks (`CLIENT_RATE`) they stay within the margin, which is a tenth of the lease.
 * That is also true for a lease of 1,000 ms: 900 / (1 - 0.03) < (1000 - 30) / (1 + 0.02).
 */
const LEADER_SKEW = 30;
const LEADER_RATE = 0.02;
export const CLIENT_RATE = 0.03;

/** The current leader of a stream. */
export class Leader {
  /** Milliseconds of its clock per millisecond of true time. */
  readonly rate: number;
  /** Its clock. */
  readonly clock: Clock;
  readonly #place: Place;
  #skew = 0;
  #absentUntil = 0;

  constructor(place: Place) {
    const { chance, weather, timeline } = place;
    this.#place = place;
    this.rate = weather.hit("skewed server") ? 1 + LEADER_RATE * (2 * chance.next() - 1) : 1;
    this.clock = {
      now: () => timeline.now * this.rate + this.#skew,
      wall: () => timeline.now,
      after: () => () => {},
    };
  }

  /** False while the stream has no leader. */
  get answers(): boolean {
    return this.#place.timeline.now >= this.#absentUntil;
  }

  /** The stream has no leader for a while, and then one with another clock. */
  lose(ms: number): void {
    this.#absentUntil = Math.max(this.#absentUntil, this.#place.timeline.now + ms);
    this.change();
  }

  /** Another server leads, whose clock is a bit different. */
  change(): void {
    this.#skew = LEADER_SKEW * (this.#place.chance.next() - 0.5);
  }

  /** The stream has a leader again. */
  heal(): void {
    this.#absentUntil = 0;
  }
}
