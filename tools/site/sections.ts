/** The sidebar. Its groups, their order and their names are those of docs/README.md, the index of the guides. */

import { pathOf } from "./links.ts";
import type { SitePage } from "./pages.ts";

/** A page in the sidebar. */
export interface SidebarItem {
  /** Path of its Markdown file in the repository. */
  readonly source: string;
  readonly text: string;
}

/** A group of the sidebar. */
export interface Section {
  /** Heading of the group; empty for the first one. */
  readonly text: string;
  readonly items: readonly SidebarItem[];
}

/** The index of the guides. */
export const INDEX = "docs/README.md";
/** The pages of the first group. */
const FIRST: readonly SidebarItem[] = [{ source: "README.md", text: "Overview" }, {
  source: INDEX,
  text: "All guides",
}];
/** Heading of the group for pages that the index does not link. */
export const REST = "More";

/**
 * Divides pages into the groups of the sidebar by the headings and links of `index`, the text of docs/README.md. Every
 * page is in exactly one group; no group is empty.
 */
export function sectionsOf(pages: readonly SitePage[], index: string): Section[] {
  const left = new Map(pages.map(({ source, title }) => [source, title]));
  const take = (items: readonly SidebarItem[]) => items.filter(({ source }) => left.delete(source));
  const first = { text: "", items: take(FIRST) };
  const groups = index.split(/^## +/m).slice(1).map((group) => {
    const [text = "", ...lines] = group.split("\n");
    return { text, items: take(linksIn(lines.join("\n"))) };
  });
  const rest = [...left].map(([source, text]) => ({ source, text })).sort((a, b) => a.source < b.source ? -1 : 1);
  return [first, ...groups, { text: REST, items: rest }].filter(({ items }) => items.length > 0);
}

function linksIn(text: string): SidebarItem[] {
  return [...text.matchAll(/\[([^\]]+)\]\(([^)\s]+)\)/g)].map(([, text = "", href = ""]) => ({
    source: pathOf(href, INDEX) ?? "",
    text: text.replaceAll("`", ""),
  }));
}
