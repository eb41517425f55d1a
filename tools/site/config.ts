/** The configuration of VitePress. VitePress loads this file in its own process. */

import { existsSync } from "node:fs";
import { type MarkdownIt, slugOf, useSiteLinks } from "./links.ts";
import { useSiteMarkdown } from "./markdown.ts";
import type { SitePage } from "./pages.ts";
import type { Section } from "./sections.ts";

/** What the configuration is made of. */
export interface SitePlan {
  /** Folder of the repository. */
  readonly root: string;
  /** Folder that VitePress writes. */
  readonly outDir: string;
  /** Path of the site on its host, such as `/` or `/natslock/`. */
  readonly base: string;
  /** Address under which the files of the repository are public; may be empty. */
  readonly sourceUrl: string;
  readonly version: string;
  readonly pages: readonly SitePage[];
  readonly sections: readonly Section[];
}

/** A colour theme of Shiki with enough contrast for small text. */
const THEME = { light: "github-light-high-contrast", dark: "github-dark-high-contrast" } as const;
/** Languages that Shiki knows under another name. */
const ALIASES = { conf: "nginx" } as const;
const DESCRIPTION = "Distributed locks and leader election on NATS JetStream key-value";
const API = { text: "API reference", link: "/api/index.html", target: "_self" } as const;

/** Returns the configuration of VitePress for this plan. */
export function siteConfig(plan: SitePlan): unknown {
  const { root, outDir, base, sourceUrl, version, pages } = plan;
  const targets = {
    pages: Object.fromEntries(pages.map(({ source, path }) => [source, path])),
    isInRepository: (path: string) => !path.startsWith("..") && existsSync(`${root}/${path}`),
    sourceUrl,
  };
  return {
    ...{ title: "natslock", description: DESCRIPTION, lang: "en", base, outDir },
    head: [["link", { rel: "icon", href: `${base}icon.svg`, type: "image/svg+xml" }]],
    // The check of the built site covers the links of the API reference too.
    ignoreDeadLinks: true,
    markdown: {
      theme: THEME,
      languageAlias: ALIASES,
      anchor: { slugify: slugOf },
      config: (md: MarkdownIt) => {
        useSiteLinks(md, targets);
        useSiteMarkdown(md);
      },
    },
    themeConfig: {
      nav: [
        { text: "Guides", link: "/" },
        API,
        { text: `Version ${version}`, link: "/CHANGELOG" },
      ],
      sidebar: [...sidebarOf(plan), { text: "Reference", items: [API] }],
      outline: { level: [2, 3], label: "On this page" },
      search: { provider: "local" },
      docFooter: { prev: "Previous", next: "Next" },
      externalLinkIcon: true,
      notFound: { title: "There is no such page", quote: "", linkText: "Overview", linkLabel: "Overview" },
    },
  };
}

function sidebarOf({ pages, sections }: SitePlan): unknown[] {
  const paths = new Map(pages.map(({ source, path }) => [source, path]));
  return sections.map(({ text, items }) => ({
    ...text === "" ? {} : { text },
    items: items.map(({ source, text }) => ({
      text,
      link: `/${(paths.get(source) ?? "").replace(/\.md$/, "").replace(/(^|\/)index$/, "$1")}`,
    })),
  }));
}
