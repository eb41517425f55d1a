/** Turns a page of `deno doc --html` into a page of the site, and mends what keeps it from being accessible. */

/** What a page of the API reference is made into. */
export interface AdaptOptions {
  /** Relative path from the page to the home page of the site, such as `../`. */
  readonly top: string;
  /** Name of the package, which `deno doc` does not know. */
  readonly name: string;
  /** The folder that holds the sources, as a `file:` address. */
  readonly root: string;
  /** Address under which the files of the repository are public. If empty, links to the source are removed. */
  readonly sourceUrl: string;
}

/** Name under which `deno doc` writes the reference. */
export const REFERENCE_NAME = "API";

/** Texts that are the same on each page. Each makes something known to a screen reader or the keyboard. */
const LABELS: readonly (readonly [from: string, to: string])[] = [
  ["<html>", '<html lang="en">'],
  ['<nav id="topnav">', '<nav id="topnav" aria-label="Path">'],
  ['id="searchbar"', 'id="searchbar" aria-label="Search the API reference"'],
  ['<div class="toc">', '<div class="toc" role="complementary" aria-label="On this page">'],
  ['<nav class="topSymbols">', '<nav class="topSymbols" aria-label="Symbols">'],
  ['<nav class="documentNavigation">', '<nav class="documentNavigation" aria-label="Sections">'],
  ['<button class="copyButton"', '<button class="copyButton" aria-label="Copy"'],
  ['<code class="language-', '<code tabindex="0" class="language-'],
];

/** Returns the page as it stands on the site. */
export function adapted(html: string, options: AdaptOptions): string {
  const { name } = options;
  const title = titleOf(html);
  const labelled = LABELS.reduce((text, [from, to]) => text.replaceAll(from, () => to), withoutDeadParameters(html));
  return withSources(withModuleNames(withoutLists(labelled), name), options)
    .replace(/<title>[^<]*<\/title>/, () => `<title>${[...title, `${REFERENCE_NAME} of natslock`].join(" | ")}</title>`)
    .replace(/<main\b[^>]*>/, (main) => `${main}<h1 class="unseen">${title[0] ?? `${REFERENCE_NAME} of natslock`}</h1>`)
    .replace("</head>", () => headOf(options))
    .replace("<body>", () => `<body>\n${barOf(options)}`);
}

/**
 * Returns the script of the search with a path to the root that is right on each page. `deno doc` counts one folder
 * too many on pages of the main module, and one too few on the first page of another one.
 */
export function adaptedSearch(script: string): string {
  const root = `document.querySelector('script[src$="search.js"]').src.replace(/[^/]*$/, "")`;
  return script.replace(/const pathToRoot =[^;]*;/, () => `const pathToRoot = ${root};`);
}

function headOf({ top }: AdaptOptions): string {
  return `<link rel="icon" href="${top}icon.svg" type="image/svg+xml">` +
    `<link rel="stylesheet" href="${top}api/natslock.css"></head>`;
}

/** The bar that leads back to the guides. */
function barOf({ top }: AdaptOptions): string {
  return `<header class="site"><a class="home" href="${top}index.html">natslock</a>` +
    `<nav aria-label="Site"><a href="${top}index.html">Guides</a>` +
    `<a href="${top}api/index.html" aria-current="true">API reference</a></nav></header>`;
}

/** The parts of the title that name the symbol and its module. The main module is called "default". */
function titleOf(html: string): string[] {
  const parts = (/<title>([^<]*)<\/title>/.exec(html)?.[1] ?? "").split(" - ");
  return parts.slice(0, -1).filter((part) => part !== "default");
}

/** `deno doc` links the type parameters of a function type, but gives them no place on the page. */
function withoutDeadParameters(html: string): string {
  const link = /<a href="#(type_param_\w+)"[^>]*>([^<]*)<\/a>/g;
  return html.replaceAll(link, (all, id, text) => html.includes(`id="${id}"`) ? all : text);
}

/** The path above a page is a list with children that a list may not have. */
function withoutLists(html: string): string {
  return html.replace(
    /<ul class="breadcrumbs">[^]*?<\/nav>/,
    (path) => path.replaceAll(/<(ul|li)\b/g, '<$1 role="none"'),
  );
}

/** `deno doc` names modules by their entry points: "." and "testing". Users import them by the name of the package. */
function withModuleNames(html: string, name: string): string {
  return html
    .replaceAll("from &quot;.&quot;", `from &quot;${name}&quot;`)
    .replaceAll(/from &quot;(\w+)&quot;/g, `from &quot;${name}/$1&quot;`)
    .replaceAll(/class="contextLink">default</g, `class="contextLink">${name}<`);
}

/** Links to the source name the folder of this machine. */
function withSources(html: string, { root, sourceUrl }: AdaptOptions): string {
  const link = /<a\s+class="sourceButton"\s+href="([^"]*)"([^>]*)>([^]*?)<\/a>/g;
  return html.replaceAll(link, (_, href: string, rest: string, icon: string) => {
    const path = href.replaceAll("&#x2F;", "/").replace(root, "");
    if (sourceUrl === "" || path.startsWith("file:")) return "";
    return `<a class="sourceButton" aria-label="Source" href="${
      sourceUrl.replace(/\/$/, "")
    }/${path}"${rest}>${icon}</a>`;
  });
}
