// deno-lint-ignore-file no-console
/** The built site in a browser. It is built once, below a path, as on a host that has other sites too. */

import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { buildSite } from "../../tools/site/build.ts";
import { siteSources } from "../../tools/site/pages.ts";
import { SiteServer } from "../../tools/site/server.ts";
import { installed } from "../../tools/npm/packages.ts";
import { TemporaryFolder } from "../../tools/temporary_folder.ts";
import { assertAccessible } from "../helpers/accessible.ts";
import { eventually } from "../helpers/measure.ts";
import { Chromium, type Page } from "../helpers/page.ts";
import { hindrance } from "../runtimes/attempt.ts";

const BASE = "/natslock/";
const DESKTOP = { width: 1280, height: 900 };
const PHONE = { width: 390, height: 844 };
/** Home, a guide with tables and code, the symbols of a module, and a class. */
const PAGES = ["index.html", "docs/locks.html", "api/testing/index.html", "api/~/Locker.html"] as const;
const PATIENCE = 30_000;
/** A colour that fades is measured as one that has too little contrast. */
const NO_FADING = `document.head.insertAdjacentHTML("beforeend", "<style>* { transition: none !important }</style>")`;

const reason = await hindrance(() => installed("site"));
if (reason !== null) console.log(`The site: skipped, ${reason}`);

let folder: TemporaryFolder;
let server: SiteServer;
let chromium: Chromium;
const pages = new Map<string, Page>();

if (reason === null) {
  Deno.test.beforeAll(async () => {
    folder = new TemporaryFolder("site");
    await buildSite(`${folder.path}/site`, { base: BASE });
    server = SiteServer.start(`${folder.path}/site`, { base: BASE });
    chromium = await Chromium.launch();
    for (const path of PAGES) {
      const page = await chromium.open(server.url + path, DESKTOP);
      await page.evaluate(NO_FADING);
      pages.set(path, page);
    }
  });
  Deno.test.afterAll(async () => {
    await chromium[Symbol.asyncDispose]();
    await server[Symbol.asyncDispose]();
    folder.remove();
  });
}

/** Registers a test that needs the built site. The connection to the browser is read all the time. */
function built(name: string, fn: () => Promise<void>): void {
  Deno.test({ name, ignore: reason !== null, sanitizeOps: false, sanitizeResources: false, fn });
}

function pageAt(path: typeof PAGES[number]): Page {
  const page = pages.get(path);
  assert(page, `"${path}" was not opened`);
  return page;
}

async function until(page: Page, expression: string): Promise<void> {
  await eventually(expression, () => page.evaluate<boolean>(`Boolean(${expression})`), PATIENCE);
}

for (const path of PAGES) {
  built(`${path} of the site is accessible in both themes`, async () => {
    const page = pageAt(path);
    await assertAccessible(
      page,
      (scheme) => until(page, `document.documentElement.classList.contains("dark") === ${scheme === "dark"}`),
    );
  });

  built(`${path} of the site does not scroll sideways on a phone`, async () => {
    const page = pageAt(path);
    await page.setViewportSize(PHONE);
    await until(page, `innerWidth === ${PHONE.width}`);
    const widths = await page.evaluate<number[]>("[document.documentElement.scrollWidth, innerWidth]");
    await page.setViewportSize(DESKTOP);
    assert((widths[0] ?? NaN) <= (widths[1] ?? NaN), `the page is ${widths[0]} pixels wide of ${widths[1]}`);
  });

  built(`${path} of the site loads files from its own host only`, async () => {
    const names = await pageAt(path).evaluate<string[]>(`performance.getEntriesByType("resource").map((e) => e.name)`);
    assert(names.length > 2, "the page has loaded almost nothing");
    assertEquals(names.filter((name) => !name.startsWith(server.url) && !name.startsWith("data:")), []);
  });
}

built("The sidebar of the site has each Markdown file of docs and of docs/adr", async () => {
  const links = `[...document.querySelectorAll(".VPSidebar a")].map((a) => a.getAttribute("href"))`;
  const shown = new Set(await pageAt("index.html").evaluate<string[]>(links));
  const { pages } = await siteSources();
  const paths = pages.map(({ path }) => BASE + path.replace(/\.md$/, ".html").replace(/(^|\/)index\.html$/, "$1"));
  assertEquals(paths.filter((path) => !shown.has(path)), []);
});

built("The search of the site finds pages about fencing", async () => {
  const page = pageAt("docs/locks.html");
  await page.click(".DocSearch-Button");
  await until(page, `document.querySelector("#localsearch-input")`);
  await page.fill("#localsearch-input", "fencing");
  await until(page, `document.querySelector(".VPLocalSearchBox a.result")`);
  const links = `[...document.querySelectorAll(".VPLocalSearchBox a.result")].map((a) => a.href)`;
  for (const link of (await page.evaluate<string[]>(links)).slice(0, 3)) {
    assertStringIncludes((await (await fetch(link)).text()).toLowerCase(), "fencing");
  }
  await page.keyboard.press("Escape");
});

built("The search of the API reference finds a symbol of another module and leads to its page", async () => {
  const page = pageAt("api/~/Locker.html");
  await page.fill("#searchbar", "MemoryStore");
  await until(page, `document.querySelector('#searchResults a[href*="MemoryStore.html"]')`);
  const href = await page.evaluate<string>(`document.querySelector('#searchResults a[href*="MemoryStore.html"]').href`);
  const response = await fetch(href);
  assertStringIncludes(await response.text(), "@x/natslock/testing");
  await page.fill("#searchbar", "");
});

built("A theme that is chosen on the guides holds in the API reference, and a link leads back", async () => {
  const page = await chromium.open(server.url, DESKTOP);
  await page.click(".VPNavBar .VPSwitchAppearance");
  await until(page, `document.documentElement.classList.contains("dark")`);
  await page.click('.VPNavBar a[href$="/api/index.html"]');
  await until(page, `document.querySelector("header.site")`);
  assert(await page.evaluate(`document.documentElement.classList.contains("dark")`));
  await page.click("header.site nav a");
  await until(page, `document.querySelector(".VPSidebar")`);
  await page.close();
});

built("No page of the site has an uncaught error", async () => {
  await Promise.resolve();
  assertEquals(chromium.errors, []);
});
