/** Ties a Locker or LockManager to a meter and a tracer. */

import { contain } from "../base/contain.ts";
import { BadParameterError } from "../base/errors.ts";
import type { LockEvent } from "../lease/events.ts";
import type { Listener } from "../lease/listeners.ts";
import type { Locker } from "../locker/locker.ts";
import type { LockManager } from "../locks/lock_manager.ts";
import type { Meter, Tracer } from "./api.ts";
import { Metrics } from "./metrics.ts";
import { Spans } from "./spans.ts";
import { type AttributesOf, Subject } from "./subject.ts";

/** Options of {@linkcode instrument}. Without `meter` and `tracer`, nothing is done. */
export interface InstrumentOptions {
  /** Makes the metrics: `metrics.getMeter("natslock")` of `@opentelemetry/api`. Default: no metrics. */
  readonly meter?: Meter | undefined;
  /** Makes the spans: `trace.getTracer("natslock")` of `@opentelemetry/api`. Default: no spans. */
  readonly tracer?: Tracer | undefined;
  /**
   * Returns more attributes for measurements and spans about a lock. Each different value is a time series of its own, so
   * return few values: `({ key }) => ({ "natslock.key": key })` only if there are few keys. Default: none.
   */
  readonly attributes?: AttributesOf | undefined;
}

/** The Lockers and LockManagers that are instrumented now, with what stops that. */
const instrumented = new WeakMap<object, () => void>();

/**
 * Measures and traces a Locker or LockManager until it is closed, or until the function that this returns is called. Call
 * it right after the Locker or LockManager was created: what a LockManager holds before, and waits that began before, are
 * not counted as held or waiting.
 *
 * If a part of `options` fails later, nothing changes for the lock. The first error goes to the log of the Locker or
 * LockManager, later ones are dropped.
 *
 * @throws {BadParameterError} if it is instrumented already: it would be counted twice
 * @throws {LockerClosedError} if it is closed
 * @throws what `meter` throws while it makes the metrics
 */
export function instrument(target: Locker | LockManager, options: InstrumentOptions): () => void {
  const { meter, tracer, attributes = () => ({}) } = options;
  if (meter === undefined && tracer === undefined) return () => {};
  if (instrumented.has(target)) {
    throw new BadParameterError(
      "target",
      `Cannot instrument "${target.name}": it is instrumented already, call the function that stops it first`,
    );
  }
  const subject = new Subject(target, attributes);
  const parts: Part[] = [];
  const ends: (() => void)[] = [];
  const stop = () => {
    for (const end of ends.splice(0)) end();
    // Nothing is left to do about an error here.
    for (const part of parts.splice(0)) contain(() => part.stop(), () => {});
    if (instrumented.get(target) === stop) instrumented.delete(target);
  };
  try {
    if (meter !== undefined) parts.push(new Metrics(subject, meter));
    if (tracer !== undefined) parts.push(new Spans(subject, tracer));
    for (const part of parts) ends.push(target.listen(guarded(part)));
    ends.push(target.listen({ onClose: stop }));
  } catch (error) {
    stop();
    throw error;
  }
  instrumented.set(target, stop);
  return stop;
}

/** One that measures, until it is stopped. */
type Part = Metrics | Spans;

/** Returns a listener that throws only the first error of a part: the Locker or LockManager logs what it throws. */
function guarded(part: Part): Listener {
  let hasFailed = false;
  const guard = <Args extends unknown[], Result>(call: (...args: Args) => Result) => (...args: Args): Result | void => {
    try {
      return call(...args);
    } catch (error) {
      if (hasFailed) return;
      hasFailed = true;
      throw error;
    }
  };
  return {
    onEvent: guard((event: LockEvent) => part.onEvent(event)),
    onWait: guard((key: string) => guard(part.onWait(key))),
  };
}
