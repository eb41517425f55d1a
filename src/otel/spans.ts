/** Traces one Locker or LockManager. */

import type { LockEvent } from "../lease/events.ts";
import type { Listener, WaitEnd } from "../lease/listeners.ts";
import type { Attributes, Span, Tracer } from "./api.ts";
import { holdOf } from "./metrics.ts";
import { codeOf, outcomeOf, type Subject } from "./subject.ts";

/** The code of an error in OpenTelemetry. */
const ERROR = 2;

/** The token and epoch of a grant. */
type Grant = Pick<Extract<WaitEnd, { kind: "granted" }>, "token" | "epoch">;

/** Turns waits and holds into spans. */
export class Spans implements Listener {
  readonly #subject: Subject;
  readonly #tracer: Tracer;
  /** The holds that are not over, with their spans; `null` until the wait for them has ended. */
  readonly #holds = new Map<string, Span | null>();
  readonly #waits = new Set<Span>();

  /** Starts a span for what a Locker holds already. */
  constructor(subject: Subject, tracer: Tracer) {
    this.#subject = subject;
    this.#tracer = tracer;
    if (subject.locker !== null && subject.locker.token !== null) this.#began(subject.locker.key, subject.locker.token);
  }

  /** Starts or ends the span of a hold. */
  onEvent(event: LockEvent): void {
    if (event.type === "acquired") this.#began(event.key, event.token);
    if (event.type !== "released" && event.type !== "lost") return;
    const span = this.#holds.get(holdOf(event));
    this.#holds.delete(holdOf(event));
    if (!span) return;
    const outcome: Attributes = { "natslock.outcome": event.type };
    if (event.type === "released") return end(span, outcome);
    end(span, { ...outcome, "natslock.reason": event.why }, `The lock was lost: ${event.why}`);
  }

  /** Starts the span of a wait. The function that this returns ends it. */
  onWait(key: string): (end: WaitEnd) => void {
    const span = this.#tracer.startSpan("natslock.wait", { attributes: this.#subject.attributesWithKey(key) });
    this.#waits.add(span);
    return (ended) => {
      if (!this.#waits.delete(span)) return;
      endWait(span, ended);
      if (ended.kind === "granted") this.#granted(key, ended);
    };
  }

  /** Ends all spans as they are. */
  stop(): void {
    const open = [...this.#waits, ...this.#holds.values()];
    this.#waits.clear();
    this.#holds.clear();
    for (const span of open) span?.end();
  }

  /**
   * A hold began. A Locker is granted its lock within the call that wants it, so the parent of the span is right. The
   * grants of a LockManager come from a look that several calls share, so the span starts when the call's wait ends.
   */
  #began(key: string, token: number): void {
    const { locker } = this.#subject;
    const span = locker === null ? null : this.#startHold(key, { token, epoch: locker.epoch ?? "" });
    this.#holds.set(holdOf({ key, token }), span);
  }

  #granted(key: string, grant: Grant): void {
    const hold = holdOf({ key, token: grant.token });
    if (this.#holds.get(hold) === null) this.#holds.set(hold, this.#startHold(key, grant));
  }

  #startHold(key: string, grant: Grant): Span {
    const attributes = { ...this.#subject.attributesWithKey(key), ...grantAttributes(grant) };
    return this.#tracer.startSpan("natslock.hold", { attributes });
  }
}

function grantAttributes({ token, epoch }: Grant): Attributes {
  return { "natslock.token": token, "natslock.epoch": epoch };
}

/** Ends the span of a wait. A wait that the caller ended is no error. */
function endWait(span: Span, ended: WaitEnd): void {
  const outcome = outcomeOf(ended);
  const attributes = { "natslock.outcome": outcome };
  if (ended.kind === "granted") return end(span, { ...attributes, ...grantAttributes(ended) });
  if (ended.kind === "refused" || (outcome !== "timeout" && outcome !== "error")) return end(span, attributes);
  end(span, { ...attributes, "error.type": codeOf(ended.error) }, String(ended.error));
}

/** Ends a span. `error` is the message of its error status; without one the span is no error. */
function end(span: Span, attributes: Attributes, error?: string): void {
  span.setAttributes(attributes);
  if (error !== undefined) span.setStatus({ code: ERROR, message: error });
  span.end();
}
