/** Checks the links of a built site without a browser. */

import { posix } from "node:path";
import { filesBelow } from "./output.ts";

/** What the check found. */
export interface LinkReport {
  /** Number of links and files that pages refer to. */
  readonly links: number;
  /** Links to a page, a file or an anchor that does not exist, each once, with a page that has it. */
  readonly dead: readonly string[];
  /** Files that a page would load from another host. */
  readonly foreign: readonly string[];
}

interface SiteFile {
  readonly anchors: ReadonlySet<string>;
  readonly references: readonly Reference[];
}

interface Reference {
  readonly url: string;
  /** True if the browser loads it with the page. */
  readonly isLoaded: boolean;
}

const TAG = /<([a-z][\w-]*)((?:[^"'>]|"[^"]*"|'[^']*')*)>/gi;
const ATTRIBUTE = /([\w:-]+)=(?:"([^"]*)"|'([^']*)')/g;
const ENTITIES: Readonly<Record<string, string>> = { amp: "&", lt: "<", gt: ">", quot: '"', apos: "'" };

/** Reads all pages below `folder`. `base` is the path of the site on its host. */
export async function checkLinks(folder: string, base = "/"): Promise<LinkReport> {
  const pages = new Map<string, SiteFile>();
  const files = new Set(filesBelow(folder));
  const read = (path: string) => Deno.readTextFile(`${folder}/${path}`);
  for (const path of files) if (path.endsWith(".html")) pages.set(path, parsed(await read(path)));
  const dead = new Map<string, string>();
  const foreign = new Map<string, string>();
  for (const path of files) {
    if (path.endsWith(".css")) { for (const url of foreignIn(await read(path))) foreign.set(url, path); }
  }
  let links = 0;
  for (const [page, { references }] of pages) {
    for (const { url, isLoaded } of references) {
      links++;
      if (/^(?:https?:)?\/\//i.test(url)) {
        if (isLoaded) foreign.set(url, page);
      } else if (!/^(?!file:)[a-z][a-z\d+.-]*:/i.test(url)) {
        const target = siteTarget(url, page, base);
        if (!isThere(target, { pages, files })) dead.set(url, page);
      }
    }
  }
  const told = (found: ReadonlyMap<string, string>) => [...found].map(([url, page]) => `"${url}" in ${page}`);
  return { links, dead: told(dead), foreign: told(foreign) };
}

interface Site {
  readonly pages: ReadonlyMap<string, SiteFile>;
  readonly files: ReadonlySet<string>;
}

interface SiteTarget {
  /** Path in the folder of the site; `null` outside of it. */
  readonly path: string | null;
  readonly anchor: string;
}

function siteTarget(url: string, page: string, base: string): SiteTarget {
  const [before = "", anchor = ""] = url.split("#");
  const place = decodeURI(before.replace(/\?.*$/, ""));
  if (place === "") return { path: page, anchor: decodeURIComponent(anchor) };
  const full = place.startsWith("/") ? place : posix.join(base, posix.dirname(page), place);
  const inside = full.startsWith(base) ? posix.normalize(full.slice(base.length)) : null;
  if (inside === null || inside.startsWith("..")) return { path: null, anchor };
  const file = inside.replace(/^\.\/?/, "");
  const path = file === "" || file.endsWith("/") ? `${file}index.html` : file;
  return { path, anchor: decodeURIComponent(anchor) };
}

function isThere({ path, anchor }: SiteTarget, { pages, files }: Site): boolean {
  if (path === null || !files.has(path)) return false;
  return anchor === "" || !pages.has(path) || (pages.get(path)?.anchors.has(anchor) ?? false);
}

function parsed(html: string): SiteFile {
  const anchors = new Set<string>();
  const references: Reference[] = [];
  const text = html.replaceAll(/<!--[^]*?-->/g, "").replaceAll(/(<(script|style)\b[^>]*>)[^]*?<\/\2>/gi, "$1");
  for (const [, tag = "", rest = ""] of text.matchAll(TAG)) {
    for (const [, name, double, single] of rest.matchAll(ATTRIBUTE)) {
      const value = (double ?? single ?? "").replaceAll(/&(#?\w+);/g, (_, entity) => character(entity));
      if (name === "id") anchors.add(value);
      else if (name === "href") references.push({ url: value, isLoaded: tag.toLowerCase() === "link" });
      else if (name === "src") references.push({ url: value, isLoaded: true });
    }
  }
  return { anchors, references };
}

/** The character of an entity of HTML. */
function character(entity: string): string {
  const [, hex, digits] = /^#(?:x([\da-f]+)|(\d+))$/i.exec(entity) ?? [];
  if (hex ?? digits) return String.fromCodePoint(hex ? parseInt(hex, 16) : Number(digits));
  return ENTITIES[entity] ?? `&${entity};`;
}

/** Addresses on other hosts that a stylesheet loads. */
function foreignIn(css: string): string[] {
  const loads = /(?:url\(\s*["']?|@import\s+["'])((?:https?:)?\/\/[^"')\s]+)/gi;
  return [...css.matchAll(loads)].map(([, url = ""]) => url);
}
