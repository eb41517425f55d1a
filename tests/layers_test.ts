import { assertEquals, assertNotEquals } from "@std/assert";
import { BAD_IMPORTS, BAD_WORDS, GOOD_IMPORTS, GOOD_WORDS } from "./helpers/layer_plants.ts";
import {
  documentedLayers,
  importProblems,
  type LayerTable,
  lengthProblems,
  type Source,
  tableProblems,
  wordProblems,
} from "./helpers/layer_rules.ts";

const TABLE: LayerTable = [
  ["0", ["errors", "clock", "random", "logger"]],
  ["1", ["timing", "record", "patience"]],
  ["1b", ["store", "leadership", "turnstile", "latest"]],
  ["1c", ["events", "memory_link"]],
  ["1d", ["candidate"]],
  ["2", ["lease_state", "memory_store", "manual_clock"]],
  ["2n", [
    "nats_trouble",
    "server_version",
    "bucket_rules",
    "kv_watch",
    "kv_consumer",
    "kv_settings",
    "kv_store",
    "bucket",
    "connection",
    "locker_options",
  ]],
  ["2b", ["footing", "report"]],
  ["3", ["keeper", "lookout", "retrier"]],
  ["4", ["lease"]],
  ["4b", ["hold"]],
  ["4c", ["waiter"]],
  ["4d", ["candidacy"]],
  ["4e", ["campaign", "observer"]],
  ["5", ["locker"]],
  ["7", ["mod", "testing", "cli"]],
];

const ROOT = new URL("../", import.meta.url);

const SKIPPED = /^(?:\.|node_modules$|coverage$)/;

async function listTs(folder = ""): Promise<string[]> {
  const files: string[] = [];
  for await (const entry of Deno.readDir(new URL(folder || ".", ROOT))) {
    const path = `${folder}${entry.name}`;
    if (SKIPPED.test(entry.name)) continue;
    if (entry.isDirectory) files.push(...await listTs(`${path}/`));
    else if (path.endsWith(".ts")) files.push(path);
  }
  return files.sort();
}

async function load(path: string): Promise<Source> {
  const stem = path.replace(/^src\//, "").replace(/\.ts$/, "");
  return { stem, text: await Deno.readTextFile(new URL(path, ROOT)) };
}

async function library(): Promise<Source[]> {
  const paths = await listTs();
  const own = paths.filter((path) => /^(?:src\/.+|mod\.ts$)/.test(path));
  // Rules that hold for no file at all would be green for the wrong reason.
  assertNotEquals(own, []);
  return await Promise.all(own.map(load));
}

function imports(stem: string, text: string): string[] {
  return importProblems({ stem, text }, TABLE);
}

function words(stem: string, text: string): string[] {
  return wordProblems({ stem, text });
}

Deno.test("every file of src imports only from layers below its own", async () => {
  const files = await library();
  assertEquals(files.flatMap((file) => importProblems(file, TABLE)), []);
});

Deno.test("no file of src uses a word that is kept from it", async () => {
  assertEquals((await library()).flatMap(wordProblems), []);
});

Deno.test("no TypeScript file has more than 220 lines", async () => {
  const files = await Promise.all((await listTs()).map(load));
  assertEquals(files.flatMap((file) => lengthProblems(file)), []);
});

Deno.test("the layer table of ARCHITECTURE.md is the one held here", async () => {
  const url = new URL("ARCHITECTURE.md", ROOT);
  const text = await Deno.readTextFile(url).catch(() => "");
  assertEquals(tableProblems(documentedLayers(text), TABLE), []);
});

for (const [what, stem, text] of BAD_IMPORTS) {
  Deno.test(`importProblems refuses ${what}`, () => {
    assertEquals(imports(stem, text).length, 1, imports(stem, text).join());
  });
}

for (const [what, stem, text] of GOOD_IMPORTS) {
  Deno.test(`importProblems allows ${what}`, () => {
    assertEquals(imports(stem, text), []);
  });
}

Deno.test("importProblems refuses a file that the table does not name", () => {
  assertEquals(imports("stray", ""), ["stray is on no layer of the table"]);
});

for (const [stem, text] of BAD_WORDS) {
  Deno.test(`wordProblems refuses ${text} in ${stem}`, () => {
    assertEquals(words(stem, text).length, 1, words(stem, text).join());
  });
}

for (const [stem, text] of GOOD_WORDS) {
  Deno.test(`wordProblems allows ${JSON.stringify(text)} in ${stem}`, () => {
    assertEquals(words(stem, text), []);
  });
}

Deno.test("lengthProblems allows 220 lines", () => {
  assertEquals(lengthProblems({ stem: "a", text: "x\n".repeat(220) }), []);
});

Deno.test("lengthProblems refuses 221 lines", () => {
  const problems = lengthProblems({ stem: "a", text: "x\n".repeat(221) });
  assertEquals(problems, ["a has 221 lines of 220"]);
});

function markdown(table: LayerTable): string {
  const rows = table.map(([l, stems]) => `| ${l} | ${stems.join(", ")} | why |`);
  return `| Layer | Files | Why |\n| --- | --- | --- |\n${rows.join("\n")}\n`;
}

Deno.test("tableProblems accepts the same table", () => {
  assertEquals(tableProblems(documentedLayers(markdown(TABLE)), TABLE), []);
});

Deno.test("tableProblems refuses a document without a table", () => {
  assertEquals(tableProblems(documentedLayers("# Layers\n"), TABLE).length, 1);
});

Deno.test("tableProblems refuses a file on another layer", () => {
  const moved = markdown(TABLE).replace("keeper, ", "").replace("locker", "locker, `keeper`");
  assertNotEquals(tableProblems(documentedLayers(moved), TABLE), []);
});
