import { assertEquals, assertLessOrEqual, assertNotEquals } from "@std/assert";

const ROOT = new URL("../../", import.meta.url);
/** A longer README hides how to start. */
const MOST_LINES = 160;

async function read(path: string): Promise<string> {
  return await Deno.readTextFile(new URL(path, ROOT));
}

/** Paths of the pages in docs and docs/adr, from docs. */
async function pages(): Promise<string[]> {
  const found: string[] = [];
  for (const folder of ["", "adr/"]) {
    for await (const { name } of Deno.readDir(new URL(`docs/${folder}`, ROOT))) {
      if (name.endsWith(".md") && name !== "README.md") found.push(`${folder}${name}`);
    }
  }
  return found.sort();
}

Deno.test("README.md has at most 160 lines", async () => {
  assertLessOrEqual((await read("README.md")).trimEnd().split("\n").length, MOST_LINES);
});

Deno.test("README.md imports only the package that it installs", async () => {
  const imports = [...(await read("README.md")).matchAll(/^import .* from "([^"]+)";$/gm)].map(([, name]) => name);
  assertEquals([...new Set(imports)], ["@x/natslock"]);
});

Deno.test("docs/README.md links to each page of docs", async () => {
  const index = await read("docs/README.md");
  const existing = await pages();
  assertNotEquals(existing, []);
  assertEquals(existing.filter((path) => !index.includes(`](${path})`)), []);
});
