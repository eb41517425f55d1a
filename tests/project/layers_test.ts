import { assertEquals, assertNotEquals } from "@std/assert";
import {
  documentedFolders,
  FOLDERS,
  importCycle,
  importProblems,
  importsOf,
  isCli,
  type Source,
  targetOf,
} from "./import_rules.ts";
import { BAD_IMPORTS, BAD_WORDS, GOOD_IMPORTS, GOOD_WORDS } from "./layer_plants.ts";
import { lengthProblems, wordProblems } from "./word_rules.ts";

const ROOT = new URL("../../", import.meta.url);

const SKIPPED = /^(?:\.|node_modules$|coverage$)/;

async function listCode(folder = ""): Promise<string[]> {
  const files: string[] = [];
  for await (const entry of Deno.readDir(new URL(folder || ".", ROOT))) {
    const path = `${folder}${entry.name}`;
    if (SKIPPED.test(entry.name)) continue;
    if (entry.isDirectory) files.push(...await listCode(`${path}/`));
    else if (/\.tsx?$/.test(path)) files.push(path);
  }
  return files.sort();
}

/** Loads the files whose paths start with one of `starts`, or all files of the repository. */
async function load(...starts: readonly string[]): Promise<Source[]> {
  const paths = (await listCode()).filter((path) =>
    starts.length === 0 || starts.some((start) => path.startsWith(start))
  );
  // Otherwise a test could pass without checking any file.
  assertNotEquals(paths, []);
  return await Promise.all(paths.map(async (path) => ({ path, text: await Deno.readTextFile(new URL(path, ROOT)) })));
}

Deno.test("files of the library and the command line import only what their folder allows", async () => {
  assertEquals((await load("mod.ts", "src/", "cli/")).flatMap(importProblems), []);
});

for (const folder of ["src/", "cli/", "tools/", "examples/"]) {
  Deno.test(`${folder} has no import cycle`, async () => {
    assertEquals(importCycle(await load(folder)), null);
  });
}

Deno.test("files of the library and the command line use no forbidden word", async () => {
  assertEquals((await load("mod.ts", "src/", "cli/")).flatMap(wordProblems), []);
});

Deno.test("no tool and no example imports from the tests", async () => {
  const files = await load("tools/", "examples/");
  const wrong = files.flatMap(({ path, text }) =>
    importsOf(text).filter(({ specifier }) => targetOf(path, specifier)?.startsWith("tests/")).map(() => path)
  );
  assertEquals(wrong, []);
});

Deno.test("no TypeScript file has more than 220 lines", async () => {
  assertEquals((await load()).flatMap((file) => lengthProblems(file)), []);
});

Deno.test("ARCHITECTURE.md lists the folders of src/ in their order", async () => {
  const drawn = documentedFolders(await Deno.readTextFile(new URL("ARCHITECTURE.md", ROOT)));
  assertEquals(drawn, FOLDERS);
  const files = await load("src/");
  const found = new Set(files.flatMap(({ path }) => /^src\/(\w+)\//.exec(path)?.[1] ?? []));
  assertEquals([...found].sort(), FOLDERS.toSorted());
});

for (const [what, path, text] of BAD_IMPORTS) {
  Deno.test(`importProblems refuses ${what}`, () => {
    const problems = importProblems({ path, text });
    assertEquals(problems.length, 1, problems.join());
  });
}

for (const [what, path, text] of GOOD_IMPORTS) {
  Deno.test(`importProblems allows ${what}`, () => {
    assertEquals(importProblems({ path, text }), []);
  });
}

for (const path of ["src/stray.ts", "src/stray/stray.ts"]) {
  Deno.test(`importProblems refuses ${path}, which is in no folder of the rules`, () => {
    assertEquals(importProblems({ path, text: "" }).length, 1);
  });
}

/** Files that import each other as `edges` say. Each edge is written as "from>to". */
function graph(...edges: readonly string[]): Source[] {
  const pairs = edges.map((edge) => edge.split(">"));
  return [...new Set(pairs.flat())].map((name) => ({
    path: `src/${name}.ts`,
    text: pairs.filter(([from]) => from === name).map(([, to]) => `import type { x } from "./${to}.ts";`).join("\n"),
  }));
}

Deno.test("importCycle finds two files that import each other", () => {
  assertEquals(importCycle(graph("a>b", "b>c", "c>b")), ["src/b.ts", "src/c.ts", "src/b.ts"]);
});

Deno.test("importCycle finds none if two paths lead to one file", () => {
  assertEquals(importCycle(graph("a>b", "a>c", "b>d", "c>d")), null);
});

Deno.test("documentedFolders reads the first tree of a document", () => {
  assertEquals(documentedFolders("# A\n\n```text\nsrc/\n  base/   x\n  store/  y\n```\n"), ["base", "store"]);
  assertEquals(documentedFolders("# A\n"), []);
});

for (const [path, text] of BAD_WORDS) {
  Deno.test(`wordProblems refuses ${text} in ${path}`, () => {
    const problems = wordProblems({ path, text });
    assertEquals(problems.length, 1, problems.join());
  });
}

for (const [path, text] of GOOD_WORDS) {
  Deno.test(`wordProblems allows ${JSON.stringify(text)} in ${path}`, () => {
    assertEquals(wordProblems({ path, text }), []);
  });
}

Deno.test("lengthProblems allows 220 lines", () => {
  assertEquals(lengthProblems({ path: "a.ts", text: "x\n".repeat(220) }), []);
});

Deno.test("lengthProblems refuses 221 lines", () => {
  assertEquals(lengthProblems({ path: "a.ts", text: "x\n".repeat(221) }), ["a.ts has 221 lines of 220"]);
});

Deno.test("isCli distinguishes the command line's package from the library", () => {
  assertEquals([isCli("cli/main.ts"), isCli("src/locker/locker.ts")], [true, false]);
});
