import { assert, assertEquals, assertFalse, assertObjectMatch } from "@std/assert";

interface Package {
  readonly name: string;
  readonly version: string;
  readonly license: string;
  readonly exports: string | Readonly<Record<string, string>>;
  readonly imports: Readonly<Record<string, string>>;
  readonly publish: { readonly include: readonly string[] };
}

interface Manifest extends Package {
  readonly lint: { readonly rules: { readonly tags: readonly string[] } };
  readonly test: Record<string, unknown>;
}

const ROOT = new URL("../../", import.meta.url);
const SKIPPED = new Set([".git", "node_modules", "coverage", ".cache"]);
/** What `deno task site` writes. */
const BUILT_SITE = "site";

function read(path: string): Promise<string> {
  return Deno.readTextFile(new URL(path, ROOT));
}

/** The library's, which has the settings of the whole repository. */
async function manifest(): Promise<Manifest> {
  return JSON.parse(await read("deno.json")) as Manifest;
}

/** The folders of the packages that are published. */
const PACKAGES = ["", "cli/"] as const;

async function packageIn(folder: typeof PACKAGES[number]): Promise<Package> {
  return JSON.parse(await read(`${folder}deno.json`)) as Package;
}

async function textFiles(folder = ""): Promise<string[]> {
  const files: string[] = [];
  for await (
    const { name, isDirectory } of Deno.readDir(new URL(folder || ".", ROOT))
  ) {
    if (isDirectory && (SKIPPED.has(name) || `${folder}${name}` === BUILT_SITE)) continue;
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

Deno.test("the command line has the version and the license of the library, and pins the library at it", async () => {
  const [library, cli] = [await manifest(), await packageIn("cli/")];
  assertEquals([cli.version, cli.license], [library.version, library.license]);
  const pins = Object.entries(cli.imports).filter(([name]) => name.startsWith(library.name));
  const exact = `jsr:${library.name}@${library.version}`;
  assertEquals(pins, [[library.name, exact], [`${library.name}/internal`, `${exact}/internal`]]);
});

Deno.test("LICENSE is the same in both packages", async () => {
  assertEquals(await read("cli/LICENSE"), await read("LICENSE"));
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

for (const folder of PACKAGES) {
  Deno.test(`${folder}deno.json exports only files that exist`, async () => {
    const { exports } = await packageIn(folder);
    for (const path of typeof exports === "string" ? [exports] : Object.values(exports)) {
      assert((await Deno.stat(new URL(`${folder}${path}`, ROOT))).isFile, path);
    }
  });

  Deno.test(`publish.include of ${folder}deno.json names only files and folders that exist`, async () => {
    for (const path of (await packageIn(folder)).publish.include) {
      await Deno.stat(new URL(`${folder}${path}`, ROOT));
    }
  });

  Deno.test(`publish.include of ${folder}deno.json never ships tests, tools or the other package`, async () => {
    const kept = /^(?:\.\/)?(?:tests|tools|examples|docs|cli|\.|\*|$)/;
    const { publish } = await packageIn(folder);
    assertEquals(publish.include.filter((path) => kept.test(path)), []);
  });
}

Deno.test("src and cli hold no test file that would be shipped", async () => {
  const paths = [...await textFiles("src/"), ...await textFiles("cli/")];
  assertFalse(paths.some((path) => /[_.](?:test|bench)\.ts$/.test(path)));
});
