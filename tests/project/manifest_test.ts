import { assert, assertEquals, assertFalse, assertObjectMatch } from "@std/assert";

interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly license: string;
  readonly exports: Record<string, string>;
  readonly lint: { readonly rules: { readonly tags: readonly string[] } };
  readonly test: Record<string, unknown>;
  readonly publish: { readonly include: readonly string[] };
}

const ROOT = new URL("../../", import.meta.url);
const SKIPPED = new Set([".git", "node_modules", "coverage", ".cache"]);

function read(path: string): Promise<string> {
  return Deno.readTextFile(new URL(path, ROOT));
}

async function manifest(): Promise<Manifest> {
  return JSON.parse(await read("deno.json")) as Manifest;
}

async function textFiles(folder = ""): Promise<string[]> {
  const files: string[] = [];
  for await (
    const { name, isDirectory } of Deno.readDir(new URL(folder || ".", ROOT))
  ) {
    if (isDirectory && SKIPPED.has(name)) continue;
    if (isDirectory) files.push(...await textFiles(`${folder}${name}/`));
    else if (/\.(?:ts|js|mjs|json|lock|md|yml|yaml)$/.test(name)) {
      files.push(`${folder}${name}`);
    }
  }
  return files;
}

Deno.test("jsr.json repeats name, version, license and exports of deno.json", async () => {
  const { name, version, license, exports } = await manifest();
  const repeated = JSON.parse(await read("jsr.json")) as unknown;
  assertEquals(repeated, { name, version, license, exports });
});

Deno.test("deno.json exports only files that exist", async () => {
  for (const path of Object.values((await manifest()).exports)) {
    assert((await Deno.stat(new URL(path, ROOT))).isFile, path);
  }
});

Deno.test("deno.json has the recommended and jsr lint rules on", async () => {
  const { lint } = await manifest();
  assertEquals(lint.rules.tags, ["recommended", "jsr"]);
});

Deno.test("deno.json has the sanitizers of ops and resources on", async () => {
  const { test } = await manifest();
  assertObjectMatch(test, { sanitizeOps: true, sanitizeResources: true });
});

Deno.test("deno.lock contains no download addresses", async () => {
  const lock = await read("deno.lock");
  assertEquals(lock.match(/tarball|http/g) ?? [], []);
});

Deno.test("no file of the tree names a package registry's host", async () => {
  const address = /https?:\/\/(?:[^\s"'`)]*\.tgz\b|[^\s"'`)/]*\bregistry\b)/;
  const npm = ["registry", "npmjs"].join(".");
  const wrong: string[] = [];
  for (const path of await textFiles()) {
    const text = await read(path);
    if (address.test(text) || text.includes(npm)) wrong.push(path);
  }
  assertEquals(wrong, []);
});

Deno.test("CHANGELOG.md starts with the version of deno.json", async () => {
  const { version } = await manifest();
  const top = /^## \[?v?(\d[^\s\]]*)/m.exec(await read("CHANGELOG.md"))?.[1];
  assertEquals(top, version);
});

Deno.test("publish.include names only files and folders that exist", async () => {
  for (const path of (await manifest()).publish.include) {
    await Deno.stat(new URL(path, ROOT));
  }
});

Deno.test("publish.include contains no tests or tools", async () => {
  const kept = /^(?:\.\/)?(?:tests|tools|examples|docs|\.|\*|$)/;
  const { publish } = await manifest();
  assertEquals(publish.include.filter((path) => kept.test(path)), []);
});

Deno.test("src contains no test files, which would be published", async () => {
  const paths = await textFiles("src/");
  assertFalse(paths.some((path) => /[_.](?:test|bench)\.ts$/.test(path)));
});
