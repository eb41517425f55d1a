/** Builds the API reference with `deno doc --html` and makes it a part of the site. */

import { filesBelow } from "./output.ts";
import { ROOT } from "./pages.ts";

const ASSETS = new URL("assets/", import.meta.url);
/** Entry points that are not for users. */
const INTERNAL = "./internal";

/**
 * Writes the API reference of all entry points to `folder/api`. Returns the number of its pages.
 *
 * @throws {Error} if `deno doc` fails; the message has its output
 */
export async function buildReference(folder: string): Promise<number> {
  const api = `${folder}/api`;
  const args = ["doc", "--html", "--name=natslock", `--output=${api}`, ...await entryPoints()];
  const env = { NO_COLOR: "1", DENO_NO_UPDATE_CHECK: "1" };
  const { success, stderr } = await new Deno.Command(Deno.execPath(), { args, cwd: ROOT, env, stdin: "null" }).output();
  if (!success) throw new Error(`deno doc cannot build the API reference:\n${new TextDecoder().decode(stderr)}`.trim());
  const pages = filesBelow(api).filter((path) => path.endsWith(".html"));
  for (const page of pages) {
    const path = `${api}/${page}`;
    await Deno.writeTextFile(path, adapted(await Deno.readTextFile(path), "../".repeat(page.split("/").length)));
  }
  await Deno.copyFile(new URL("reference.css", ASSETS), `${api}/natslock.css`);
  await Deno.copyFile(new URL("reference.js", ASSETS), `${api}/darkmode_toggle.js`);
  return pages.length;
}

/**
 * Returns a page of `deno doc` with the links, the style and the language of the site. `top` is the relative path to
 * the home page.
 */
export function adapted(html: string, top: string): string {
  const api = `${top}api/`;
  const head = `<link rel="icon" href="${top}icon.svg" type="image/svg+xml">` +
    `<link rel="stylesheet" href="${api}natslock.css"></head>`;
  const bar = `<header class="site"><a class="home" href="${top}index.html">natslock</a>` +
    `<nav aria-label="Site"><a href="${top}index.html">Guides</a>` +
    `<a href="${api}index.html" aria-current="true">API reference</a></nav></header>`;
  return withoutDeadParameters(html)
    .replace("<html>", '<html lang="en">')
    .replace("</head>", () => head)
    .replace("<body>", () => `<body>\n${bar}`)
    .replace('id="searchbar"', 'id="searchbar" aria-label="Search the API reference"');
}

/** `deno doc` links the type parameters of a function type, but gives them no place on the page. */
function withoutDeadParameters(html: string): string {
  const link = /<a href="#(type_param_\w+)"[^>]*>([^<]*)<\/a>/g;
  return html.replaceAll(link, (all, id, text) => html.includes(`id="${id}"`) ? all : text);
}

async function entryPoints(): Promise<string[]> {
  const text = await Deno.readTextFile(new URL("deno.json", ROOT));
  const { exports } = JSON.parse(text) as { readonly exports: Readonly<Record<string, string>> };
  return Object.entries(exports).filter(([name]) => name !== INTERNAL).map(([, path]) => path);
}
