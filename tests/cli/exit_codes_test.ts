import { assertEquals } from "@std/assert";
import { EXIT } from "../../cli/src/exit.ts";
import { readPage, rowsIn } from "../helpers/doc_table.ts";
import { EXIT_TABLE, MEANINGS, rowFor } from "./exit_codes.ts";

const shown = rowsIn(await readPage(EXIT_TABLE), EXIT_TABLE);

for (const [at, meaning] of MEANINGS.entries()) {
  Deno.test(`docs/cli.md has the exit code that real runs end with if: ${meaning.means}`, async () => {
    assertEquals(shown[at], [...await rowFor(meaning)]);
  });
}

Deno.test("docs/cli.md has one row for each meaning of an exit code, and each exit code of EXIT in a row", () => {
  assertEquals(shown.length, MEANINGS.length);
  const codes = shown.flatMap(([text = ""]) => text.split(/\D+/).map(Number));
  // A bug has no meaning to look up.
  const missing = Object.entries(EXIT).filter(([name, code]) => name !== "bug" && !codes.includes(code));
  assertEquals(missing, []);
});
