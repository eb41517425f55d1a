/** The order of the pages in the sidebar: the one list to edit when a guide should stand elsewhere. */

/** A group of the sidebar. */
export interface Section {
  /** Heading of the group. */
  readonly text: string;
  /** Paths in the repository, in the order of the sidebar. A path that ends with "/" takes all other pages below it. */
  readonly pages: readonly string[];
}

/** Groups in the order of the sidebar. Names of pages that do not exist are skipped. */
export const SECTIONS: readonly Section[] = [
  {
    text: "Start",
    pages: ["README.md", "docs/README.md", "docs/which-lock.md", "docs/runtimes.md", "docs/faq.md"],
  },
  {
    text: "Guides",
    pages: [
      "docs/leader-election.md",
      "docs/fencing.md",
      "docs/locks.md",
      "docs/failures.md",
      "docs/testing-your-code.md",
      "docs/browsers.md",
      "docs/toolchains.md",
      "examples/",
    ],
  },
  {
    text: "Operate",
    pages: [
      "docs/settings.md",
      "docs/bucket.md",
      "docs/security.md",
      "docs/health.md",
      "docs/metrics.md",
      "docs/cli.md",
      "cli/README.md",
    ],
  },
  { text: "Move to natslock", pages: ["docs/from-redlock.md", "docs/from-etcd.md", "docs/from-go.md"] },
  {
    text: "What it promises",
    pages: ["docs/guarantees.md", "docs/waits.md", "docs/figures.md", "CHANGELOG.md"],
  },
  {
    text: "How it works and is tested",
    pages: [
      "ARCHITECTURE.md",
      "docs/how-it-is-tested.md",
      "docs/testing.md",
      "docs/chaos.md",
      "tests/sim/MUTATIONS.md",
    ],
  },
  { text: "Decisions", pages: ["docs/adr/"] },
];

/** Heading of the group for pages that no section names. */
export const REST = "More";

/** Divides pages into the groups of the sidebar. Every page is in exactly one of them; no group is empty. */
export function sectionsOf(sources: readonly string[], sections: readonly Section[] = SECTIONS): Section[] {
  const named = new Set(sections.flatMap(({ pages }) => pages));
  const taken = new Set<string>();
  const take = (wanted: string): string[] => {
    const isWanted = (source: string) =>
      source === wanted || wanted.endsWith("/") && source.startsWith(wanted) && !named.has(source);
    const found = sources.filter((source) => isWanted(source) && !taken.has(source)).sort();
    for (const source of found) taken.add(source);
    return found;
  };
  const groups = sections.map((section) => ({ ...section, pages: section.pages.flatMap(take) }));
  const rest = { text: REST, pages: sources.filter((source) => !taken.has(source)).sort() };
  return [...groups, rest].filter(({ pages }) => pages.length > 0);
}
