/** When a store was last heard from, and since when it has not answered. */

import type { Clock } from "../base/clock.ts";
import { ConnectionError } from "../base/errors.ts";

/** Errors that say that no answer came. All others are answers. */
const UNANSWERED: readonly string[] = ["timeout", "unavailable", "closed"];

/** Returns how long ago the store gave this outcome: 0, just now, or `null` if it says that no answer came. */
export function ageOfAnswer(outcome: object): number | null {
  const error = "error" in outcome ? outcome.error : null;
  return error instanceof ConnectionError && UNANSWERED.includes(error.why) ? null : 0;
}

/** A request that is in flight. */
interface Asked {
  readonly at: number;
}

/**
 * Follows the requests to a store and its pushes. It only listens: it delays nothing and sends nothing. Times count from
 * the first question on. Earlier ones are not measured, so that a program that never asks pays nothing.
 */
export class Contact {
  readonly #clock: Clock;
  /** Time of the first question. */
  #askedFrom = Infinity;
  #heardAt = -Infinity;
  readonly #inFlight = new Set<Asked>();
  /** When the first request since the last contact was sent that ended without an answer. */
  #missedFrom = Infinity;
  /** When the last such request ended. */
  #missedAt = -Infinity;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Milliseconds since the last answer or push; `null` if there was none since the first question. */
  get last(): number | null {
    const now = this.#begin();
    return this.#heardAt === -Infinity ? null : now - this.#heardAt;
  }

  /**
   * Follows a request and returns the same promise. `ageOf` returns how long ago the answer was given, in milliseconds;
   * `null` if the outcome is not an answer.
   */
  follow<T>(request: Promise<T>, ageOf: (outcome: T) => number | null): Promise<T> {
    const asked = { at: this.#time() };
    this.#inFlight.add(asked);
    const ended = (judge: () => number | null) => {
      this.#inFlight.delete(asked);
      const age = judge();
      if (age === null) this.#missed(asked);
      else this.heard(age);
    };
    const noted = request.then(
      (outcome) => ended(() => ageOf(outcome)),
      (error) => ended(() => ageOfAnswer({ error })),
    );
    // An outcome that cannot be read is no news. The caller deals with it.
    noted.catch(() => {});
    return request;
  }

  /** Notes an answer or push that came `age` milliseconds ago. */
  heard(age = 0): void {
    const at = this.#time() - age;
    if (at > this.#heardAt) this.#heardAt = at;
    if (at >= this.#missedFrom) this.#missedFrom = Infinity;
  }

  /**
   * Returns how long ago the first request was sent that the store has not answered since the last contact, in
   * milliseconds; 0 if there is none. Without a request in flight it forgets after `memory` milliseconds: a program that
   * asks only while it is healthy would never ask again.
   */
  unansweredFor(memory: number): number {
    const now = this.#begin();
    const isRecent = this.#inFlight.size > 0 || now - this.#missedAt < memory;
    let since = isRecent ? this.#missedFrom : Infinity;
    for (const { at } of this.#inFlight) if (at >= this.#heardAt) since = Math.min(since, at);
    return Math.max(0, now - Math.max(since, this.#askedFrom));
  }

  /** The request has ended without an answer. One that was sent before the last contact tells nothing. */
  #missed({ at }: Asked): void {
    if (at < this.#heardAt) return;
    this.#missedFrom = Math.min(this.#missedFrom, at);
    this.#missedAt = this.#time();
  }

  /** Begins to measure, and returns the time. */
  #begin(): number {
    const now = this.#clock.now();
    this.#askedFrom = Math.min(this.#askedFrom, now);
    return now;
  }

  #time(): number {
    return this.#askedFrom === Infinity ? -Infinity : this.#clock.now();
  }
}
