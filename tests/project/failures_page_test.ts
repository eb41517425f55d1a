import { assert, assertGreater } from "@std/assert";

const ROOT = new URL("../../", import.meta.url);
const read = (path: string): string => Deno.readTextFileSync(new URL(path, ROOT));
const page = read("docs/failures.md");

/** Returns the texts of the first group of a pattern, each once. */
function found(pattern: RegExp, text: string): string[] {
  return [...new Set([...text.matchAll(pattern)].map(([, each]) => each ?? ""))];
}

/** Returns the members of a union of strings. */
function membersOf(union: string): string[] {
  const text = new RegExp(`export type ${union} =([^;]+);`).exec(read("src/base/errors.ts"))?.[1] ?? "";
  return found(/"(\w+)"/g, text);
}

const TABLES: Readonly<Record<string, readonly string[]>> = {
  "event": found(/readonly type: "(\w+)"/g, read("src/lease/events.ts")),
  "reason of a loss": membersOf("LossReason"),
  "reason of a ConnectionError": membersOf("ConnectionErrorReason"),
};

for (const [what, names] of Object.entries(TABLES)) {
  Deno.test(`docs/failures.md has a row for each ${what}`, () => {
    assertGreater(names.length, 4);
    for (const name of names) assert(new RegExp(`^\\| \`${name}\` +\\|`, "m").test(page), name);
  });
}
