// deno-lint-ignore-file no-console
import { assertEquals, assertGreater, assertThrows } from "@std/assert";
import { natsServerOf } from "../../tools/nats/install.ts";
import { readPage, rowsIn, withRows } from "../helpers/doc_table.ts";
import { CHECKS } from "./checks.ts";
import { type Row, rowOf, TABLE, trialOf } from "./trial.ts";
import { OUTERMOST, VERSIONS } from "./versions.ts";
import { hindrance } from "../runtimes/attempt.ts";
import { LOCKER_CHECKS as SUITE } from "../runtimes/conformance.ts";

const page = await readPage(TABLE);
const ran: Row[] = [];

for (const version of OUTERMOST) {
  const reason = await hindrance(() => natsServerOf(version));
  if (reason !== null) console.log(`nats-server ${version}: skipped, ${reason}`);
  Deno.test({
    name: `nats-server ${version} passes the suite of all supported releases`,
    ignore: reason !== null,
    fn: async () => {
      const trial = await trialOf(version);
      ran.push(rowOf(trial));
      assertEquals(trial.outcomes.filter(({ error }) => error !== undefined), []);
      assertEquals(trial.outcomes.length, SUITE.length + CHECKS.length + 1);
    },
  });
}

Deno.test("docs/runtimes.md's table of servers has a row for each supported release, and all checks passed", () => {
  const shown = rowsIn(page, TABLE);
  assertEquals(shown.map(([version]) => version), [...VERSIONS]);
  for (const [, passed = ""] of shown) {
    const [count, of] = passed.split(" of ").map(Number);
    assertEquals(count, of);
    assertGreater(count ?? 0, 20);
  }
  for (const row of ran) assertEquals(shown.find(([version]) => version === row[0]), [...row]);
});

Deno.test("withRows() writes a table that rowsIn() reads back", () => {
  const rows = [["0.1", "1 of 2", "a", "b"], ["0.22", "0 of 2", "`text`", ""]];
  const changed = withRows(page, TABLE, rows);
  assertEquals(rowsIn(changed, TABLE), rows);
  assertEquals(withRows(changed, TABLE, rowsIn(page, TABLE)), page);
});

Deno.test("withRows() refuses a document without the table's marks", () => {
  assertThrows(() => withRows("# No table\n", TABLE, []), Error, "Cannot write the table");
});
