/** Builds the whole site and checks its links. */

import { checkLinks } from "./dead_links.ts";
import { buildGuides } from "./guides.ts";
import { replaceFolder } from "./output.ts";
import { buildReference } from "./reference.ts";

/** How to build the site. */
export interface SiteOptions {
  /** Path of the site on its host, with a slash at both ends. Default: `/`. */
  readonly base?: string;
  /** Address under which the files of the repository are public. Default: links to them become text. */
  readonly sourceUrl?: string;
  /** Receives one line for each step. Default: nothing is said. */
  readonly say?: (line: string) => void;
}

/** At most this many faults are listed. */
const MOST_FAULTS = 40;

/**
 * Builds the site into the folder `out`, which must not exist, be empty, or hold a site that this tool has written.
 *
 * @throws {Error} if a part cannot be built, a link is dead, or a page loads something from another host; `out` then
 * stays as it was
 */
export async function buildSite(out: string, options: SiteOptions = {}): Promise<void> {
  const { base = "/", sourceUrl = "", say = () => {} } = options;
  await replaceFolder(out, async (folder) => {
    say("Guides: building with VitePress");
    say(`Guides: ${await buildGuides({ outDir: folder, base, sourceUrl })} pages`);
    say(`API reference: ${await buildReference(folder, sourceUrl)} pages`);
    const { links, dead, foreign } = await checkLinks(folder, base);
    say(`Links: ${links} checked`);
    const faults = [...dead.map((link) => `Dead link ${link}`), ...foreign.map((link) => `Other host ${link}`)];
    if (faults.length === 0) return;
    const more = faults.length > MOST_FAULTS ? [`and ${faults.length - MOST_FAULTS} more`] : [];
    throw new Error(["Cannot publish the site: it has", ...faults.slice(0, MOST_FAULTS), ...more].join("\n  "));
  });
}
