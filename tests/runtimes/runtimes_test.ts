// deno-lint-ignore-file no-console
import { assert, assertEquals, assertGreater, assertThrows } from "@std/assert";
import { attempt, hindrance } from "./attempt.ts";
import { CHECKS } from "./conformance.ts";
import { RUNTIMES } from "./runtimes.ts";
import { readPage, rowsIn, withRows } from "../helpers/doc_table.ts";
import { rowOf, RUNTIME_TABLE } from "./table.ts";

const page = await readPage(RUNTIME_TABLE);
const ran: string[][] = [];

for (const runtime of RUNTIMES) {
  const { name } = runtime;
  const reason = await hindrance(runtime.install);
  if (reason !== null) console.log(`${name}: skipped, ${reason}`);
  Deno.test({
    name: `${name} passes the suite that all runtimes run`,
    ignore: reason !== null,
    fn: async () => {
      const result = await attempt(runtime, console.log);
      ran.push(rowOf(result));
      assertEquals(result.outcomes.filter(({ error }) => error !== undefined), []);
      assertEquals(result.outcomes.map(({ title }) => title), CHECKS.map(({ title }) => title));
    },
  });
}

Deno.test("docs/runtimes.md's table of runtimes shows what ran, and nothing else", () => {
  const shown = rowsIn(page, RUNTIME_TABLE);
  assertEquals(shown.map(([name]) => name), RUNTIMES.map(({ name }) => name));
  for (const row of ran) assertEquals(shown.find(([name]) => name === row[0]), row);
});

Deno.test("withRows() writes a table that rowsIn() reads back", () => {
  const rows = [["Netscape 4", "1 of 2", "a prayer"], ["Lynx", "0 of 2", "`text`"]];
  const changed = withRows(page, RUNTIME_TABLE, rows);
  assertEquals(rowsIn(changed, RUNTIME_TABLE), rows);
  assertEquals(withRows(changed, RUNTIME_TABLE, rowsIn(page, RUNTIME_TABLE)), page);
});

Deno.test("withRows() refuses a document without the table's marks", () => {
  assertThrows(() => withRows("# No table\n", RUNTIME_TABLE, []), Error, "Cannot write the table");
});

Deno.test("no file of src names a runtime or checks in which one it runs", async () => {
  const src = new URL("../../src/", import.meta.url);
  const words = /\b(?:Deno|Bun|process|navigator|window|document|importScripts|WebSocketPair|userAgent)\s*[.?[]/;
  let files = 0;
  for await (const { name: folder, isDirectory } of Deno.readDir(src)) {
    if (!isDirectory) continue;
    for await (const { name } of Deno.readDir(new URL(`${folder}/`, src))) {
      files++;
      const text = await Deno.readTextFile(new URL(`${folder}/${name}`, src));
      const code = text.replaceAll(/\/\*[^]*?\*\/|\/\/.*/g, "");
      assert(!words.test(code), `${folder}/${name}: ${words.exec(code)?.[0]}`);
    }
  }
  assertGreater(files, 20);
});
