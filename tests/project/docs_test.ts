import { assert, assertEquals, assertFalse, assertStringIncludes } from "@std/assert";
import { NatsServer } from "../../tools/nats/server.ts";
import { type DocExample, ExampleFolder, examplesOf } from "./doc_examples.ts";

const ROOT = new URL("../../", import.meta.url);

/** The files of a folder, by their paths in the repository. */
function filesIn(folder: string, pattern: RegExp): string[] {
  return [...Deno.readDirSync(new URL(folder, ROOT))].flatMap(({ name, isDirectory }) => {
    if (isDirectory) return folder === "docs/" ? [] : filesIn(`${folder}${name}/`, pattern);
    return pattern.test(name) ? [`${folder}${name}`] : [];
  });
}

const paths = ["README.md", "mod.ts", ...filesIn("docs/", /\.md$/), ...filesIn("src/", /\.ts$/)].sort();
const documents = paths.map((path) => ({
  path,
  examples: examplesOf(path, Deno.readTextFileSync(new URL(path, ROOT))),
})).filter(({ examples }) => examples.length > 0);

Deno.test("All examples of README.md, docs, mod.ts and src type-check", async () => {
  const examples = documents.flatMap((document) => document.examples);
  await using folder = await ExampleFolder.of(examples);
  const { success, output } = await folder.check(examples);
  assert(success, output);
});

for (const { path, examples } of documents) {
  Deno.test(`Each example of ${path} runs against a real server and ends by itself`, async (t) => {
    await using server = await NatsServer.start();
    await using folder = await ExampleFolder.of(examples, server.url);
    for (const example of examples) {
      await t.step(example.name, async () => {
        const { success, output } = await folder.run(example);
        assert(success, `${example.name} failed:\n${output}`);
      });
    }
  });
}

Deno.test("README.md, mod.ts, src and the guides have examples", () => {
  for (const start of ["README.md", "mod.ts", "src/", "docs/"]) {
    assert(documents.some(({ path }) => path.startsWith(start)), start);
  }
});

const fence = (language: string, code: string): string => `\`\`\`${language}\n${code}\n\`\`\`\n`;
const PLANTED = examplesOf(
  "docs/planted.md",
  [
    fence("ts", 'console.log("fine");'),
    fence("sh", "exit 1"),
    fence("ts ignore", 'const count: number = "one";\nconsole.log(count);'),
    fence("sql", "SELECT nothing"),
    fence("ts", 'throw new Error("on purpose");'),
    fence("ts", "setInterval(() => {}, 1000);"),
  ].join("\n"),
);

/** Returns the planted example with this number. */
function planted(number: number): DocExample {
  const example = PLANTED[number - 1];
  assert(example !== undefined);
  return example;
}

Deno.test("Only code blocks in ts are examples, with the line at which they begin", () => {
  assertEquals(PLANTED.map(({ name }) => name), [
    "docs/planted.md, example 1 (line 1)",
    "docs/planted.md, example 2 (line 9)",
    "docs/planted.md, example 3 (line 18)",
    "docs/planted.md, example 4 (line 22)",
  ]);
});

Deno.test("An example with a type error fails the type check, which names its file and number", async () => {
  await using folder = await ExampleFolder.of(PLANTED);
  const { success, output } = await folder.check(PLANTED);
  assertFalse(success);
  // The list of checked files has all four. Only the place of an error has a line.
  assertEquals([...output.matchAll(/docs_planted\.md_(\d)\.ts:\d+/g)].map(([, number]) => number), ["2"]);
});

Deno.test("An example that throws, or that does not end, fails its run; another one passes", async () => {
  await using folder = await ExampleFolder.of(PLANTED);
  assert((await folder.run(planted(1))).success);
  const thrown = await folder.run(planted(3));
  assertFalse(thrown.success);
  assertStringIncludes(thrown.output, "on purpose");
  const endless = await folder.run(planted(4), 2000);
  assertFalse(endless.success);
  assertStringIncludes(endless.output, "did not end within 2000 ms");
});
