/**
 * A real OpenTelemetry SDK: a Prometheus exporter that is scraped over HTTP, and spans that are kept in memory.
 *
 * @module
 */

import { createServer, type Server } from "node:http";
import { context } from "@opentelemetry/api";
import type { Meter, Tracer } from "@opentelemetry/api";
import { AsyncLocalStorageContextManager } from "@opentelemetry/context-async-hooks";
import { PrometheusExporter } from "@opentelemetry/exporter-prometheus";
import { MeterProvider } from "@opentelemetry/sdk-metrics";
import { InMemorySpanExporter, type ReadableSpan, SimpleSpanProcessor, TracerProvider } from "@opentelemetry/sdk-trace";

context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());

/** Labels of a time series. */
export type Labels = Readonly<Record<string, string>>;

/** One value of a scrape. */
interface Sample {
  readonly name: string;
  readonly labels: Labels;
  readonly value: number;
}

const SAMPLE = /^(\w+)(?:\{(.*)\})? (\S+)$/;
const LABEL = /(\w+)="([^"]*)"/g;

/** What one scrape returned. */
export class Scrape {
  readonly #samples: readonly Sample[];

  /** Reads the text format of Prometheus. */
  constructor(text: string) {
    this.#samples = text.split("\n").flatMap((line) => {
      const [, name, labels = "", value] = SAMPLE.exec(line) ?? [];
      if (name === undefined) return [];
      const pairs = [...labels.matchAll(LABEL)].map(([, label = "", text = ""]) => [label, text]);
      return [{ name, labels: Object.fromEntries(pairs), value: Number(value) }];
    });
  }

  /** The names of all metrics. */
  get names(): ReadonlySet<string> {
    return new Set(this.#samples.map(({ name }) => name));
  }

  /** The names of all labels of a metric. */
  labelsOf(name: string): ReadonlySet<string> {
    return new Set(this.#samples.filter((each) => each.name === name).flatMap(({ labels }) => Object.keys(labels)));
  }

  /** True if there is a value with these labels. */
  has(name: string, labels: Labels = {}): boolean {
    return this.#find(name, labels).length > 0;
  }

  /** Returns the sum of the values that have these labels; 0 if there are none. */
  sum(name: string, labels: Labels = {}): number {
    return this.#find(name, labels).reduce((sum, { value }) => sum + value, 0);
  }

  #find(name: string, labels: Labels): readonly Sample[] {
    return this.#samples
      .filter((each) => each.name === name)
      .filter((each) => Object.entries(labels).every(([label, value]) => each.labels[label] === value));
  }
}

/** A meter and a tracer with what they recorded. Disposing it ends the exporter. */
export class Telemetry {
  readonly meter: Meter;
  readonly tracer: Tracer;
  readonly #exporter = new PrometheusExporter({ preventServerStart: true });
  readonly #metrics = new MeterProvider({ readers: [this.#exporter] });
  readonly #memory = new InMemorySpanExporter();
  readonly #traces = new TracerProvider({ spanProcessors: [new SimpleSpanProcessor({ exporter: this.#memory })] });
  readonly #server: Server;

  private constructor() {
    this.meter = this.#metrics.getMeter("natslock");
    this.tracer = this.#traces.getTracer("natslock");
    this.#server = createServer((request, response) => this.#exporter.getMetricsRequestHandler(request, response));
  }

  /** Starts the exporter on a free port. */
  static async start(): Promise<Telemetry> {
    const telemetry = new Telemetry();
    await new Promise<void>((done) => telemetry.#server.listen(0, "127.0.0.1", done));
    return telemetry;
  }

  /** The spans that have ended, in the order of their ends. */
  get spans(): readonly ReadableSpan[] {
    return this.#memory.getFinishedSpans();
  }

  /** Scrapes the exporter. */
  async scrape(): Promise<Scrape> {
    const address = this.#server.address();
    const port = typeof address === "object" ? address?.port : 0;
    const response = await fetch(`http://127.0.0.1:${port}/metrics`, { headers: { connection: "close" } });
    return new Scrape(await response.text());
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([this.#metrics.shutdown(), this.#traces.shutdown()]);
    await new Promise((done) => this.#server.close(done));
  }
}
