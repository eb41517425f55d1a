import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { changes, merged, sameRanking } from "../../bench/against.ts";
import type { Figures, Row, Table } from "../../bench/figures.ts";
import { pageOf, rounded } from "../../bench/page.ts";
import { svgOf } from "../../bench/plots.ts";
import { inTurn } from "../../bench/sampling.ts";

const row = (name: string, p50: number): Row => ({ name, p50, p99: 2 * p50, samples: 10 });

function table(...rows: Row[]): Table {
  return { id: "take", title: "Take", unit: "ms", base: "floor", rows };
}

function figures(commit: string, ...tables: Table[]): Figures {
  return { when: "2026-11-26", commit, machine: [["memory", "1 GB"]], missing: [], tables, curves: [] };
}

Deno.test("inTurn() samples every subject in each round, in an order of chance, and drops the warm-up", async () => {
  const order: string[] = [];
  const subject = (name: string, ms: number) => ({
    name,
    sample: () => {
      order.push(name);
      return Promise.resolve({ acquire: ms });
    },
  });
  const taken = await inTurn([subject("a", 1), subject("b", 3)], { rounds: 20, warmUp: 4 });
  const rounds = Array.from({ length: 24 }, (_, at) => order.slice(2 * at, 2 * at + 2).join(""));
  assertEquals(new Set(rounds), new Set(["ab", "ba"]));
  assertEquals(taken.get("acquire"), [
    { name: "a", p50: 1, p99: 1, samples: 20 },
    { name: "b", p50: 3, p99: 3, samples: 20 },
  ]);
});

Deno.test("rounded() keeps three digits", () => {
  assertEquals([0, 0.01234, 1.2345, 12.345, 123.45, 12345.6].map(rounded), [
    "0",
    "0.0123",
    "1.23",
    "12.3",
    "123",
    "12,346",
  ]);
  assertEquals(rounded(NaN), "-");
});

Deno.test("pageOf() gives each row with its ratio to the base", () => {
  const page = pageOf(figures("abc", table(row("floor", 2), row("Locker", 3))));
  assertStringIncludes(page, "commit abc");
  assertMatch(page, /\| Locker +\| 3\.00 +\| 1\.50x +\| 6\.00 +\| 1\.50x +\|/);
});

Deno.test("pageOf() names the servers that could not be had", () => {
  const page = pageOf({ ...figures("abc"), missing: ["etcd: only for root on a Debian"] });
  assertStringIncludes(page, "Not measured: etcd: only for root on a Debian.");
});

Deno.test("pageOf() gives no ratios without a base", () => {
  const page = pageOf(
    figures("abc", { id: "rest", title: "Rest", unit: "kB", rows: [{ name: "a", p50: 5, samples: 1 }] }),
  );
  assertMatch(page, /\| a +\| 5\.00 +\|\n/);
});

Deno.test("sameRanking() allows rows that differ by noise in one of the runs to change places, and no others", () => {
  const before = table(row("a", 1), row("b", 1.05), row("c", 3));
  assert(sameRanking(before, table(row("a", 1.08), row("b", 1.05), row("c", 3))));
  assert(sameRanking(before, table(row("a", 2), row("b", 1.05), row("c", 3))));
  assert(!sameRanking(before, table(row("a", 4), row("b", 1.05), row("c", 3))));
});

Deno.test("changes() compares ratios, not milliseconds: a slower machine changes nothing", () => {
  const before = figures("old", table(row("floor", 1), row("Locker", 1.5)));
  const slower = figures("new", table(row("floor", 2), row("Locker", 3)));
  assertEquals(changes(before, slower), "No row changed by 10 % or more.");
});

Deno.test("changes() names a row whose ratio grew, and a ranking that changed", () => {
  const before = figures("old", table(row("floor", 1), row("Locker", 1.5), row("other", 2)));
  const after = figures("new", table(row("floor", 1), row("Locker", 3), row("other", 2)));
  const text = changes(before, after);
  assertMatch(text, /\| take +\| Locker +\| 1\.50 +\| 3\.00 +\| \+100 % +\|/);
  assertStringIncludes(text, "The ranking changed: Take");
});

Deno.test("svgOf() draws each series of a curve", async () => {
  const series = ["Locker", "redlock"].map((name) => ({ name, points: [[1, 2], [10, 3]] as const }));
  const svg = await svgOf({ id: "c", title: "Curve", x: "waiters", y: "ms", series });
  assert(svg.startsWith("<svg"));
  for (const text of ["Curve", "Locker", "redlock", "waiters"]) assertStringIncludes(svg, text);
});

Deno.test("merged() replaces the tables that were measured again, and keeps the others in their places", () => {
  const other = { ...table(row("a", 1)), id: "other" };
  const again = table(row("floor", 9));
  assertEquals(
    merged(figures("old", table(row("floor", 1)), other), figures("new", again)),
    figures("new", again, other),
  );
});
