import { assertEquals, assertStringIncludes } from "@std/assert";
import { adapted } from "../../tools/site/adapt.ts";
import { checkLinks } from "../../tools/site/dead_links.ts";
import { slugOf, targetOf } from "../../tools/site/links.ts";
import { titleOf } from "../../tools/site/pages.ts";
import { REST, sectionsOf } from "../../tools/site/sections.ts";

const TARGETS = {
  pages: { "README.md": "index.md", "docs/locks.md": "docs/locks.md", "examples/README.md": "examples/index.md" },
  isInRepository: (path: string) => ["examples/fencing.ts", "examples/permissions"].includes(path),
  sourceUrl: "",
};

for (
  const [href, source, href2] of [
    ["docs/locks.md#recipes", "README.md", "/docs/locks.md#recipes"],
    ["../README.md", "docs/locks.md", "/index.md"],
    ["../examples", "docs/locks.md", "/examples/index.md"],
    ["../examples/", "docs/locks.md", "/examples/index.md"],
  ] as const
) {
  Deno.test(`targetOf leads from "${href}" in ${source} to a page of the site`, () => {
    assertEquals(targetOf(href, source, TARGETS), { kind: "page", href: href2 });
  });
}

Deno.test("targetOf recognizes a file and a folder of the repository that are not on the site", () => {
  for (
    const [href, path] of [["fencing.ts", "examples/fencing.ts"], ["permissions/", "examples/permissions"]] as const
  ) {
    assertEquals(targetOf(href, "examples/README.md", TARGETS), { kind: "file", path });
  }
});

Deno.test("targetOf leaves an address, an anchor, and a link to nothing as they are", () => {
  for (const href of ["https://nats.example/a.md", "#recipes", "none.md", "../../outside.md"]) {
    assertEquals(targetOf(href, "docs/locks.md", TARGETS), { kind: "other" });
  }
});

Deno.test("slugOf forms the slug of a heading as GitHub does", () => {
  assertEquals(slugOf("What `lead()` waits for, and how long"), "what-lead-waits-for-and-how-long");
  assertEquals(slugOf("ADR 3: proof"), "adr-3-proof");
});

Deno.test("titleOf returns the first heading without markup, and no comment of a code block", () => {
  assertEquals(titleOf("```sh\n# no\n```\n\n# The `lead()` of [a](b.md)\n", "x.md"), "The lead() of a");
});

Deno.test("sectionsOf groups pages as docs/README.md does, and puts a page that it does not link into the last group", () => {
  const index =
    "# Guides\n\nThe [README](../README.md).\n\n## Start\n\n| [`A` first](a.md#x) | b |\n\n## None\n\n[x](none.md)\n\n" +
    "## Decisions\n\n1. [One](adr/1.md), [again](a.md)\n";
  const sources = ["docs/new.md", "docs/adr/1.md", "docs/a.md", "README.md", "docs/README.md"];
  const pages = sources.map((source) => ({ source, path: source, title: `Title of ${source}` }));
  assertEquals(sectionsOf(pages, index), [
    { text: "", items: [{ source: "README.md", text: "Overview" }, { source: "docs/README.md", text: "All guides" }] },
    { text: "Start", items: [{ source: "docs/a.md", text: "A first" }] },
    { text: "Decisions", items: [{ source: "docs/adr/1.md", text: "One" }] },
    { text: REST, items: [{ source: "docs/new.md", text: "Title of docs/new.md" }] },
  ]);
});

/** Writes files to a temporary folder and checks their links. */
async function report(files: Readonly<Record<string, string>>, base = "/"): ReturnType<typeof checkLinks> {
  const folder = await Deno.makeTempDir({ prefix: "natslock-links-" });
  try {
    for (const [path, text] of Object.entries(files)) {
      await Deno.mkdir(`${folder}/${path}`.replace(/\/[^/]*$/, ""), { recursive: true });
      await Deno.writeTextFile(`${folder}/${path}`, text);
    }
    return await checkLinks(folder, base);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("checkLinks accepts pages, folders, files and anchors that exist, and addresses of other hosts", async () => {
  const a = `<a href="b/">b</a> <a href="/s/b/index.html#x&#x2F;y">b</a> <a href="#here" id="here">a</a>
    <a href='https://nats.example/'>n</a> <img src="a%20b.png"> <code>&lt;a href="none"></code> <p title="a > b">c</p>`;
  const files = { "a.html": a, "b/index.html": `<h1 id="x/y"></h1><a href="../a.html?q=1">a</a>`, "a b.png": "" };
  assertEquals(await report(files, "/s/"), { links: 6, dead: [], foreign: [] });
});

for (
  const [what, link] of [
    ["page", "none.html"],
    ["folder without a page", "sub/"],
    ["anchor", "#none"],
    ["anchor of another page", "b.html#none"],
    ["path outside of the site", "../a.html"],
    ["path outside of the base", "/b.html"],
    ["file of this machine", "file:///a.ts"],
  ] as const
) {
  Deno.test(`checkLinks reports a link to a ${what} as dead`, async () => {
    const files = { "a.html": `<a href="${link}">x</a>`, "b.html": "", "sub/c.txt": "" };
    assertEquals((await report(files, "/s/")).dead, [`"${link}" in a.html`]);
  });
}

Deno.test("checkLinks reports scripts, pictures, styles and fonts of other hosts", async () => {
  const page = `<script src="https://x.example/a.js"></script><img src="//x.example/b.png">
    <link rel="stylesheet" href="https://x.example/c.css">`;
  const { foreign } = await report({ "a.html": page, "a.css": `a { background: url("https://x.example/d.woff") }` });
  assertEquals(foreign.map((text) => text.replace(/".*\/(.*)" in /, "$1 ")).sort(), [
    "a.js a.html",
    "b.png a.html",
    "c.css a.html",
    "d.woff a.css",
  ]);
});

const DOC = `<html>\n<head><title>Locker - default - API documentation</title></head>\n<body><main class="m">
  <a class="sourceButton" href="file:&#x2F;&#x2F;&#x2F;here&#x2F;src&#x2F;a.ts"><svg/></a>
  <code class="language-ts">import { Locker } from &quot;.&quot;; import { M } from &quot;testing&quot;;</code></main></body></html>`;
const ADAPT = { top: "../../", name: "@x/natslock", root: "file:///here/", sourceUrl: "" };

Deno.test("adapted removes links to files of this machine", () => {
  assertEquals(adapted(DOC, ADAPT).includes("here"), false);
});

Deno.test("adapted links a symbol to its source at the repository's public address", () => {
  const html = adapted(DOC, { ...ADAPT, sourceUrl: "https://git.example/blob/main/" });
  assertStringIncludes(html, 'href="https://git.example/blob/main/src/a.ts"');
});

Deno.test("adapted imports from the package's entry points by their names", () => {
  const html = adapted(DOC, ADAPT);
  assertStringIncludes(html, "from &quot;@x/natslock&quot;");
  assertStringIncludes(html, "from &quot;@x/natslock/testing&quot;");
});

Deno.test("adapted gives a page its title, a heading and a way to the guides", () => {
  const html = adapted(DOC, ADAPT);
  assertStringIncludes(html, "<title>Locker | API of natslock</title>");
  assertStringIncludes(html, '<h1 class="unseen">Locker</h1>');
  assertStringIncludes(html, '<a href="../../index.html">Guides</a>');
});
