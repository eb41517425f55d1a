/**
 * Metrics and traces with OpenTelemetry, for a `Locker` or a `LockManager`.
 *
 * {@linkcode instrument} takes a meter and a tracer of `@opentelemetry/api`, or anything of that shape. This library does
 * not depend on OpenTelemetry, and without an SDK nothing is recorded. All times are seconds. Each measurement has the
 * attributes `natslock.bucket` and `natslock.kind` (`locker` or `locks`).
 *
 * | Metric                      | Kind          | More attributes                                              |
 * | --------------------------- | ------------- | ------------------------------------------------------------ |
 * | `natslock.acquisitions`     | counter       |                                                              |
 * | `natslock.wait.duration`    | histogram     | `natslock.outcome`: how the wait ended                       |
 * | `natslock.hold.duration`    | histogram     | `natslock.outcome`: `released` or `lost`                     |
 * | `natslock.losses`           | counter       | `natslock.reason`: why                                       |
 * | `natslock.renewals`         | counter       |                                                              |
 * | `natslock.renewal.failures` | counter       |                                                              |
 * | `natslock.events`           | counter       | `natslock.event`: type of the event                          |
 * | `natslock.held`             | up-down count |                                                              |
 * | `natslock.waiting`          | up-down count |                                                              |
 * | `natslock.leader`           | gauge         | `natslock.key`; only for a Locker: 1 if it holds, by the clock |
 *
 * Each wait is a span `natslock.wait`, each hold a span `natslock.hold` with `natslock.key`, `natslock.token` and
 * `natslock.epoch`. The span of a hold that was lost has the status ERROR. The parent of both is the span that was active
 * when the lock was asked for, if the runtime keeps the context of asynchronous calls, as Deno, Node and Bun do.
 *
 * @example Measure and trace a Locker
 * ```ts ignore
 * import { metrics, trace } from "@opentelemetry/api";
 * import { Locker } from "@x/natslock";
 * import { instrument } from "@x/natslock/otel";
 *
 * await using locker = await Locker.open({ servers: "ws://127.0.0.1:8080", bucket: "locks", ttl: 15_000 });
 * instrument(locker, { meter: metrics.getMeter("natslock"), tracer: trace.getTracer("natslock") });
 * await locker.run((lease) => console.log(lease.token));
 * ```
 *
 * @module
 */

export type {
  Attributes,
  Counter,
  Histogram,
  Meter,
  MetricOptions,
  ObservableGauge,
  ObservableResult,
  Span,
  Tracer,
} from "./otel/api.ts";
export { instrument, type InstrumentOptions } from "./otel/instrument.ts";
export type { AttributesOf } from "./otel/subject.ts";
