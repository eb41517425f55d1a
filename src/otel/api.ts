/** The parts of the OpenTelemetry API that are used here, as types. `Meter` and `Tracer` of `@opentelemetry/api` fit. */

/** Attributes of a measurement or a span. */
export interface Attributes {
  /** Value of one attribute. */
  [name: string]: string | number | boolean;
}

/** How a metric is described. */
export interface MetricOptions {
  /** What it measures. */
  description?: string;
  /** Its unit, in UCUM: `s` for seconds, `{lock}` for a number of locks. */
  unit?: string;
  /** Advice for the SDK. */
  advice?: {
    /** Upper bounds of the buckets of a histogram. */
    explicitBucketBoundaries?: number[];
  };
}

/** A sum that measurements are added to. */
export interface Counter {
  /** Adds to the sum. */
  add(value: number, attributes?: Attributes): void;
}

/** A distribution of values. */
export interface Histogram {
  /** Records one value. */
  record(value: number, attributes?: Attributes): void;
}

/** Takes the values of a gauge that is read. */
export interface ObservableResult {
  /** Sets the value that the gauge has now. */
  observe(value: number, attributes?: Attributes): void;
}

/** A gauge that asks for its values when it is read. */
export interface ObservableGauge {
  /** Adds a function that is called when the gauge is read. */
  addCallback(callback: (result: ObservableResult) => void): void;
}

/** Makes metrics: `metrics.getMeter("natslock")` of `@opentelemetry/api`. */
export interface Meter {
  /** Makes a sum that only rises. */
  createCounter(name: string, options?: MetricOptions): Counter;
  /** Makes a sum that rises and falls. */
  createUpDownCounter(name: string, options?: MetricOptions): Counter;
  /** Makes a distribution. */
  createHistogram(name: string, options?: MetricOptions): Histogram;
  /** Makes a gauge. */
  createObservableGauge(name: string, options?: MetricOptions): ObservableGauge;
}

/** One operation in a trace. */
export interface Span {
  /** Adds attributes. */
  setAttributes(attributes: Attributes): unknown;
  /** Sets how the operation ended: code 2 is an error. */
  setStatus(status: { code: number; message?: string }): unknown;
  /** Ends the span. */
  end(): void;
}

/** Makes spans: `trace.getTracer("natslock")` of `@opentelemetry/api`. */
export interface Tracer {
  /** Starts a span whose parent is the active span of the context in which this is called. */
  startSpan(name: string, options?: { attributes?: Attributes }): Span;
}

/** Returns a text that is the same for the same attributes: they are one time series. */
export function idOf(attributes: Attributes): string {
  return JSON.stringify(Object.entries(attributes).sort());
}
