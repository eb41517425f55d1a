/** Finds the Markdown pages of this repository, and the images that they show. */

/** A Markdown file that is a page of the site. */
export interface SitePage {
  /** Path in the repository, such as `docs/adr/001-a.md`. */
  readonly source: string;
  /** Path of the page's Markdown in the site. A `README.md` becomes the `index.md` of its folder. */
  readonly path: string;
  /** Its first heading. */
  readonly title: string;
}

/** What the guides are made of. */
export interface SiteSources {
  readonly pages: readonly SitePage[];
  /** Paths of images in the repository. */
  readonly images: readonly string[];
}

/** The root of this repository. */
export const ROOT: URL = new URL("../../", import.meta.url);

/** Folders whose Markdown files are pages, all levels deep. The Markdown files beside deno.json are pages too. */
const FOLDERS: readonly string[] = ["docs/", "examples/", "cli/"];
/** Single pages of other folders. */
const SINGLE: readonly string[] = ["tests/sim/MUTATIONS.md"];
const IMAGE = /\.(?:png|svg|jpe?g|gif|webp)$/;

/** Lists all pages and images. A new Markdown file in one of the folders is a page without further steps. */
export async function siteSources(root: URL = ROOT): Promise<SiteSources> {
  const files = [...filesIn(root, "", false), ...FOLDERS.flatMap((folder) => filesIn(root, folder, true)), ...SINGLE];
  const sources = files.filter((path) => path.endsWith(".md"));
  const pages = sources.map(async (source) => ({
    source,
    path: source.replace(/(^|\/)README\.md$/, "$1index.md"),
    title: titleOf(await Deno.readTextFile(new URL(source, root)), source),
  }));
  return { pages: await Promise.all(pages), images: files.filter((path) => IMAGE.test(path)) };
}

/** Returns the first heading of a Markdown text without its markup, or the name of the file if there is none. */
export function titleOf(text: string, source: string): string {
  const heading = /^# +(.+)$/m.exec(text.replaceAll(/^```[^]*?^```/gm, ""))?.[1];
  return heading?.replaceAll(/[`*]|\[(?=[^\]]*\]\()|\]\([^)]*\)/g, "").trim() ?? source.split("/").at(-1) ?? source;
}

function filesIn(root: URL, folder: string, isDeep: boolean): string[] {
  const entries = [...Deno.readDirSync(new URL(folder || ".", root))].sort((a, b) => a.name < b.name ? -1 : 1);
  return entries.filter(({ name }) => !/^(?:\.|node_modules$)/.test(name)).flatMap(({ name, isDirectory }) => {
    if (!isDirectory) return [`${folder}${name}`];
    return isDeep ? filesIn(root, `${folder}${name}/`, true) : [];
  });
}
