import { assertEquals, assertNotEquals, assertRejects } from "@std/assert";
import { AcquireTimeoutError } from "@x/natslock";
import { instrument } from "@x/natslock/otel";
import { TTL, VirtualLab } from "../helpers/virtual.ts";
import { type Scrape, Telemetry } from "./telemetry.ts";

const ROOT = new URL("../../", import.meta.url);
/** A name of a metric or a label of this library in a query. */
const NAME = /\bnatslock_\w+/g;

/** Scrapes a run in which each metric gets a value: a grant, renewals, a wait that fails, a loss. */
async function fullScrape(): Promise<Scrape> {
  await using telemetry = await Telemetry.start();
  await using lab = new VirtualLab();
  const [{ locker }, { locker: other }] = [lab.locker(), lab.locker()];
  for (const each of [locker, other]) instrument(each, { meter: telemetry.meter });
  await lab.until(locker.acquire());
  await assertRejects(() => lab.until(other.acquire({ timeout: TTL / 2 })), AcquireTimeoutError);
  lab.fate = () => "drop";
  await lab.clock.advance(TTL);
  return await telemetry.scrape();
}

/** What the exporter appends to the name of a histogram. */
const PART = /_(?:bucket|sum|count)$/;

interface Panel {
  readonly title: string;
  readonly targets: readonly { readonly expr: string }[];
}

/** The queries of the dashboard: those of its panels and of its variables. */
async function queries(): Promise<readonly string[]> {
  const { panels, templating } = JSON.parse(
    await Deno.readTextFile(new URL("examples/metrics/grafana.json", ROOT)),
  ) as {
    readonly panels: readonly Panel[];
    readonly templating: { readonly list: readonly { definition?: string }[] };
  };
  const variables = templating.list.flatMap(({ definition }) => definition ?? []);
  return [...variables, ...panels.flatMap(({ targets }) => targets.map(({ expr }) => expr))];
}

Deno.test("grafana.json asks only for metrics and labels that a real scrape has, and for every metric", async () => {
  const scrape = await fullScrape();
  const labels = new Set([...scrape.names].flatMap((name) => [...scrape.labelsOf(name)]));
  const asked = new Set((await queries()).flatMap((query) => query.match(NAME) ?? []));
  assertNotEquals(asked.size, 0);
  assertEquals([...asked].filter((name) => !scrape.names.has(name) && !labels.has(name)), []);
  const families = (names: Iterable<string>) => new Set([...names].map((name) => name.replace(PART, "")));
  const shown = families(asked);
  assertEquals([...families(scrape.names)].filter((name) => name.startsWith("natslock_") && !shown.has(name)), []);
});

Deno.test("docs/metrics.md and the entry point list the metrics that a real scrape has", async () => {
  const scrape = await fullScrape();
  const scraped = [...scrape.names].map((name) => name.replace(PART, "")).filter((name) =>
    name.startsWith("natslock_")
  );
  const found = [...new Set(scraped)].sort();
  const [page, entry] = await Promise.all(
    ["docs/metrics.md", "src/otel.ts"].map((path) => Deno.readTextFile(new URL(path, ROOT))),
  );
  const rows = (text = "", pattern: RegExp) => [...text.matchAll(pattern)].map(([, name = ""]) => name).sort();
  assertEquals(rows(page, /^\| `natslock\.[\w.]+` +\| `(\w+)`/gm), found);
  const plain = found.map((name) => name.replace(/_total$/, "").replaceAll("_", "."));
  assertEquals(rows(page, /^\| `(natslock\.[\w.]+)` +\| `/gm), plain);
  assertEquals(rows(entry, /^ \* \| `(natslock\.[\w.]+)`/gm), plain);
});
