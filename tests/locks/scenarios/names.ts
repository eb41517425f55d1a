/**
 * Scenarios of names: any string is a name, and different strings are different names.
 *
 * @module
 */

import { assertEquals } from "@std/assert";
import type { Scenario } from "../scenario.ts";
import type { Tools } from "../tools.ts";

/** Holds a name, lets another request wait for it, and compares the name of the lock and of the query. */
async function checkName(tools: Tools, name: string): Promise<void> {
  const first = await tools.hold("A", name);
  assertEquals((await first.lock).name, name);
  const second = await tools.wait("B", name, { client: 1 });
  await tools.hold("C", name, { ifAvailable: true, client: 2 });
  await tools.shows(name, "X|X");
  await first.release();
  assertEquals((await second.lock).name, name);
  await second.release();
  assertEquals(tools.log, ["A", "C-", "B"]);
}

/** Holds all names at once, each exclusively. */
async function checkDistinct(tools: Tools, names: readonly string[]): Promise<void> {
  for (const [index, name] of names.entries()) await tools.hold(name, name, { ifAvailable: true, client: index % 3 });
  assertEquals(tools.log, names);
  for (const name of names) await tools.shows(name, "X|");
}

const named = (title: string, nameOf: (tools: Tools) => string): Scenario => ({
  title,
  run: (_locks, tools) => checkName(tools, nameOf(tools)),
});

const distinct = (title: string, labels: readonly string[]): Scenario => ({
  title,
  run: (_locks, tools) => checkDistinct(tools, labels.map((label) => tools.name(label))),
});

/** Scenarios of names. */
export const NAMES: readonly Scenario[] = [
  named("the empty string is a name", () => ""),
  named("a name may hold NUL and other control characters", (tools) => tools.name("\0\x01\r\n\t\x7f\u0085\u2028")),
  named("a name may hold lone surrogates", (tools) => tools.name("\udc00\ud800")),
  named("a name may have 10,000 characters", (tools) => tools.name().padEnd(10_000, "name \u{1f512}")),
  named("a name may hold what is special in NATS", (tools) => tools.name(".*.>. $KV./\\=q.%00")),
  named("a name may be that of a property of every object", () => "__proto__"),
  distinct("lone surrogates and the replacement character are different names", [
    "\ud800",
    "\ud801",
    "\udc00",
    "\ufffd",
  ]),
  distinct("names differ by case and by Unicode normalization", ["a", "A", "\u00e9", "e\u0301", "\u212b", "\u00c5"]),
  distinct("names differ by their white space", ["", " ", "  ", "\t", "\n", "\u00a0", "a", "a ", " a"]),
  distinct("a name that looks like an encoding of another name is a name of its own", [
    ...["A", "=0041", "=003d0041", "%41", "\\u0041", "QQ", "QQ=="],
    ...["=", "==", "=003d", "a.b", "a=002eb", "\0", "=0000", "\\0"],
  ]),
  distinct("long names that differ in their last character are different names", [
    ...["x", "y"].map((end) => `${"a".repeat(9_000)}${end}`),
    ...["x", "y"].map((end) => `${"\u00e9".repeat(100)}${end}`),
  ]),
];
