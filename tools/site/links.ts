/** Makes the links between Markdown files work on the site. VitePress runs this as a plugin of markdown-it. */

import { posix } from "node:path";

/** What a link of a Markdown file can lead to. */
export interface LinkTargets {
  /** Path of each page's Markdown in the site, by its path in the repository. */
  readonly pages: Readonly<Record<string, string>>;
  /** True if the repository has a file or a folder with this path. */
  isInRepository(path: string): boolean;
  /** Address under which the files of the repository are public. If empty, their paths are shown as text. */
  readonly sourceUrl: string;
}

/** Where a link leads: to a page of the site, to a file that the site does not have, or it stays as it is. */
export type Target =
  | { readonly kind: "page"; readonly href: string }
  | { readonly kind: "file"; readonly path: string }
  | { readonly kind: "other" };

/** The part of a markdown-it token that the site uses. */
export interface Token {
  type: string;
  tag: string;
  content: string;
  children: Token[] | null;
  attrGet(name: string): string | null;
  attrSet(name: string, value: string): void;
}

/** The part of markdown-it that the site uses. */
export interface MarkdownIt {
  readonly core: {
    readonly ruler: { push(name: string, rule: (state: MarkdownState) => void): void };
  };
  readonly renderer: { readonly rules: Record<string, Rule | undefined> };
}

type Rule = (tokens: Token[], index: number, ...rest: unknown[]) => string;

interface MarkdownState {
  readonly tokens: Token[];
  readonly env: { readonly relativePath?: string };
  readonly Token: new (type: string, tag: string, nesting: number) => Token;
}

/** The path in the repository that a link leads to; `null` for an address or an anchor of the same page. */
export function pathOf(href: string, source: string): string | null {
  if (/^(?:[a-z][a-z\d+.-]*:|\/|#|$)/i.test(href)) return null;
  const path = posix.normalize(posix.join(posix.dirname(source), decodeURI(href.replace(/[#?].*$/, ""))));
  return path.replace(/\/$/, "");
}

/** Decides where a link of the file `source` leads. */
export function targetOf(href: string, source: string, targets: LinkTargets): Target {
  const path = pathOf(href, source);
  if (path === null) return { kind: "other" };
  const page = targets.pages[path] ?? targets.pages[`${path}/README.md`];
  if (page !== undefined) return { kind: "page", href: `/${page}${/#.*$/.exec(href)?.[0] ?? ""}` };
  // A link to nothing stays, so that the check of the built site finds it.
  return targets.isInRepository(path) ? { kind: "file", path } : { kind: "other" };
}

/** Slug of a heading as GitHub forms it, so that an anchor works in both places. */
export function slugOf(heading: string): string {
  return heading.trim().toLowerCase().replaceAll(/[^\p{L}\p{M}\p{N}\p{Pc}\- ]/gu, "").replaceAll(" ", "-");
}

/** Adds the rules to VitePress's markdown-it. */
export function useSiteLinks(md: MarkdownIt, targets: LinkTargets): void {
  const sources = new Map(Object.entries(targets.pages).map(([source, path]) => [path, source]));
  md.core.ruler.push("site_links", (state) => {
    const source = sources.get(state.env.relativePath ?? "");
    if (source === undefined) return;
    for (const token of state.tokens) {
      if (token.children) token.children = relinked(token.children, { state, source, targets });
    }
  });
}

interface Linking {
  readonly state: MarkdownState;
  readonly source: string;
  readonly targets: LinkTargets;
}

/** The tokens of a line, with each link leading where the site has its target. */
function relinked(tokens: readonly Token[], { state, source, targets }: Linking): Token[] {
  const out: Token[] = [];
  /** The file that the link around the current token leads to, and where its text starts in `out`. */
  let open: { readonly path: string; readonly start: number } | null = null;
  for (const token of tokens) {
    if (token.type === "link_open") {
      const target = targetOf(token.attrGet("href") ?? "", source, targets);
      if (target.kind === "page") token.attrSet("href", target.href);
      if (target.kind === "file" && targets.sourceUrl !== "") {
        token.attrSet("href", `${targets.sourceUrl.replace(/\/$/, "")}/${target.path}`);
      } else if (target.kind === "file") {
        open = { path: target.path, start: out.length };
        continue;
      }
    }
    if (token.type === "link_close" && open) {
      out.push(...asText(out.splice(open.start), open.path, state));
      open = null;
    } else out.push(token);
  }
  return out;
}

/** The text of a link that cannot be followed: its path as code, after the text if that does not say the path. */
function asText(tokens: readonly Token[], path: string, { Token }: MarkdownState): Token[] {
  const code = new Token("code_inline", "code", 0);
  code.content = path;
  const said = tokens.map(({ content }) => content).join("");
  if (path.endsWith(said.replace(/^[./]+|\/$/g, ""))) return [code];
  const text = (content: string) => Object.assign(new Token("text", "", 0), { content });
  return [...tokens, text(" ("), code, text(")")];
}
