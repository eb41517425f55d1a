/**
 * Tells what happens to a candidate: as events, and in its log.
 *
 * @module
 */

import type { Candidate } from "./candidate.ts";
import type { Clock } from "./clock.ts";
import type { EventListener, LockEvent } from "./events.ts";
import type { Effect, Ending, Held, Stepped } from "./lease_model.ts";

/** What an event is, save what all of one candidate's have in common. */
type Told = LockEvent extends infer One ? One extends LockEvent ? Omit<One, "key" | "id"> : never : never;

/** Tells of each step of the machine. */
export class Reporter {
  readonly #candidate: Candidate;
  readonly #clock: Clock;
  readonly #listener: EventListener | undefined;
  #grantedAt = 0;
  #atRisk = false;

  /** `listener` may throw: that is contained. */
  constructor(candidate: Candidate, clock: Clock, listener: EventListener | undefined) {
    this.#candidate = candidate;
    this.#clock = clock;
    this.#listener = listener;
  }

  /** Tells what a step changed. */
  step({ before, event, after, effects }: Stepped): void {
    const { key, logger } = this.#candidate;
    logger.debug(`Step of "${key}"`, { before: before.phase, event, after: after.phase, effects });
    const [was, is] = [before.phase, after.phase];
    if (was.at !== "held" && is.at === "held") this.#granted(is);
    if (was.at === "held" && is.at === "held") this.#kept(was, is, effects);
    if (was.at === "held" && is.at !== "held") this.#ended(was, is.at === "seeking" ? null : is.end);
    if (is.at === "idle" && was.at !== "idle" && was.at !== "held" && is.end !== null) this.#settled(is.end);
  }

  /** Tells one event, to the listener and to the log. */
  tell(told: Told): void {
    const { key, id, logger } = this.#candidate;
    const event = { ...told, key, id } as LockEvent;
    const [level, line] = lineOf(event);
    logger[level](line, event);
    try {
      this.#listener?.(event);
    } catch (error) {
      logger.warn(`The event listener of "${key}" threw`, { error });
    }
  }

  #granted(held: Held): void {
    this.#grantedAt = this.#clock.now();
    this.#atRisk = false;
    this.tell({ type: "acquired", ...this.#about(held) });
  }

  #kept(was: Held, is: Held, effects: readonly Effect[]): void {
    const remaining = is.validUntil - this.#clock.now();
    if (is.validUntil > was.validUntil) {
      this.#atRisk = false;
      this.tell({ type: "renewed", remaining, ...this.#about(is) });
    }
    const pause = effects.find((effect) => effect.act === "pause");
    if (pause?.why !== "trouble") return;
    this.tell({ type: "renewal_failed", remaining, error: pause.error, ...this.#about(is) });
    if (this.#atRisk || remaining > (is.validUntil - is.sentAt) / 2) return;
    this.#atRisk = true;
    this.tell({ type: "at_risk", remaining, ...this.#about(is) });
  }

  #ended(was: Held, end: Ending | null): void {
    if (end?.kind === "lost") this.tell({ type: "lost", why: end.why, ...this.#about(was) });
    else this.tell({ type: "released", ...this.#about(was) });
  }

  #settled(end: Ending): void {
    const { key, id, logger } = this.#candidate;
    if (end.kind === "abandoned") this.tell({ type: "release_failed", error: end.error });
    if (end.kind !== "refused" || end.by.kind !== "foreign") return;
    logger.warn(`A stranger holds "${key}": its value is no UUID, so it is left to expire`, { key, id });
  }

  #about({ token }: Held): { token: number; age: number } {
    return { token, age: Math.max(0, this.#clock.now() - this.#grantedAt) };
  }
}

function lineOf(event: LockEvent): [level: "debug" | "info" | "warn", line: string] {
  const { key } = event;
  switch (event.type) {
    case "acquired":
      return ["info", `Took "${key}"`];
    case "renewed":
      return ["debug", `Renewed "${key}"`];
    case "renewal_failed":
      return ["warn", `Could not renew "${key}" yet`];
    case "at_risk":
      return ["warn", `About to lose "${key}"`];
    case "released":
      return ["info", `Released "${key}"`];
    case "lost":
      return ["warn", `Lost "${key}": ${event.why}`];
    case "release_failed":
      return ["warn", `Could not release "${key}": it runs out by itself`];
    case "waiting":
      return ["debug", `Waits for "${key}"`];
    case "observed":
      return ["debug", `Observed "${key}"`];
  }
}
