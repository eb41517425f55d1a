/** Reports what happens to a candidate, as events and as log lines. */

import type { Candidate, CandidateOptions, Trace } from "../lease/candidate.ts";
import type { Clock } from "../base/clock.ts";
import { contain } from "../base/contain.ts";
import { isMissing, NatslockError, show } from "../base/errors.ts";
import type { EventListener, LockEvent } from "../lease/events.ts";
import type { Effect, Ending, Held, Transition } from "../lease/model.ts";
import { type Logger, writeLog } from "../base/logger.ts";

/** An event without `key` and `id`, which all events of one candidate share. */
type EventFields = LockEvent extends infer One ? One extends LockEvent ? Omit<One, "key" | "id"> : never : never;

/** The log line of each event; `*` stands for the key. */
const LOG_LINES: { readonly [type in LockEvent["type"]]: readonly [level: keyof Logger, line: string] } = {
  acquired: ["info", "Took *"],
  renewed: ["debug", "Renewed *"],
  renewal_failed: ["warn", "Could not renew * yet"],
  at_risk: ["warn", "About to lose *"],
  stuck: ["warn", 'Holds * for longer than "maxHold"'],
  released: ["info", "Released *"],
  lost: ["warn", "Lost *"],
  release_failed: ["warn", "Could not release *: it expires by itself"],
  waiting: ["debug", "Waiting for *"],
  retrying: ["warn", "Cannot reach *, retrying"],
  recovered: ["info", "Reached * again"],
  bucket_changed: ["warn", "The bucket settings of * changed"],
  observed: ["debug", "Observed *"],
};

/** Turns the steps of the machine into events and log lines. */
export class Reporter {
  readonly #candidate: Candidate;
  readonly #clock: Clock;
  readonly #listener: EventListener | undefined;
  readonly #trace: Trace | undefined;
  #grantedAt = 0;
  /** How long a grant or renewal makes the lease valid, in milliseconds. */
  #length = 0;
  #last: LockEvent["type"] | null = null;
  /** End of the lease at the last `at_risk`. A renewal moves that end, so each failure streak is reported once. */
  #riskReportedFor = NaN;

  /** Contains what the listeners throw or reject with. */
  constructor(candidate: Candidate, clock: Clock, { onEvent, trace }: Pick<CandidateOptions, "onEvent" | "trace">) {
    this.#candidate = candidate;
    this.#clock = clock;
    this.#listener = onEvent;
    this.#trace = trace;
  }

  /** Passes a step to `trace`, and reports what it changed. */
  step({ before, event, after, effects }: Transition): void {
    const [was, is] = [before.phase, after.phase];
    this.#contain(
      "trace",
      () => this.#trace?.(`Step of "${this.#candidate.key}"`, { before: was, event, after: is, effects }),
    );
    if (was.at !== "held") {
      if (is.at === "held") this.#granted(is);
      if (is.at === "idle" && was.at !== "idle") this.#tryEnded(is.end);
    } else if (is.at === "held") this.#stillHeld(was, is, effects);
    else if (is.at !== "seeking" && is.end?.kind === "lost") {
      this.report({ type: "lost", why: is.end.why, ...this.#about(was) });
    } else this.report({ type: "released", ...this.#about(was) });
  }

  /** Reports one event to the log and to the listener. */
  report(told: EventFields): void {
    const { key, id } = this.#candidate;
    const event = { ...told, key, id } as LockEvent;
    this.#last = event.type;
    const [level, line] = LOG_LINES[event.type];
    this.#log(level, event.type === "lost" ? `${line}: ${event.why}` : line, event);
    this.#contain("event listener", () => this.#listener?.(event));
  }

  /** Logs a warning; `*` stands for the key. */
  warn(line: string, about: object = {}): void {
    this.#log("warn", line, about);
  }

  /** Does a removal. Reports an error of it, and never rejects with one of this library. */
  async reportFailure(removal: () => Promise<void>): Promise<void> {
    try {
      await removal();
    } catch (error) {
      if (error instanceof NatslockError) this.report({ type: "release_failed", error });
    }
  }

  #contain(what: string, call: () => unknown): void {
    contain(call, (error) => this.#log("warn", `The ${what} of * failed`, { error }));
  }

  #granted(held: Held): void {
    this.#grantedAt = this.#clock.now();
    this.#length = held.validUntil - held.sentAt;
    this.report({ type: "acquired", ...this.#about(held) });
  }

  #stillHeld(was: Held, is: Held, effects: readonly Effect[]): void {
    const about = { remaining: is.validUntil - this.#clock.now(), ...this.#about(is) };
    if (is.validUntil > was.validUntil) this.report({ type: "renewed", ...about });
    const pause = effects.find((effect) => effect.act === "pause");
    if (pause?.why !== "trouble") return;
    this.report({ type: "renewal_failed", error: pause.error, ...about });
    if (this.#riskReportedFor === is.validUntil || about.remaining > this.#length / 2) return;
    this.#riskReportedFor = is.validUntil;
    this.report({ type: "at_risk", ...about });
  }

  #tryEnded(end: Ending | null): void {
    // The caller of the release may have reported the failure already. If the bucket is gone, so is the record.
    const isNews = this.#last !== "release_failed" && !(end?.kind === "abandoned" && isMissing(end.error));
    if (end?.kind === "abandoned" && isNews) this.report({ type: "release_failed", error: end.error });
    if (end?.kind !== "refused" || end.by.kind !== "foreign") return;
    const { key, id } = this.#candidate;
    this.#log("warn", "The value of * is not a UUID: it counts as held until it expires", { key, id });
  }

  #about({ token }: Held): { token: number; age: number } {
    return { token, age: Math.max(0, this.#clock.now() - this.#grantedAt) };
  }

  #log(level: keyof Logger, line: string, about: object): void {
    const { key, logger } = this.#candidate;
    writeLog(logger, level, line.replace("*", () => show(key)), about);
  }
}
