/** What the site changes in Markdown apart from links. VitePress runs this as a plugin of markdown-it. */

import type { MarkdownIt, Token } from "./links.ts";

/** Adds the rules to VitePress's markdown-it. */
export function useSiteMarkdown(md: MarkdownIt): void {
  md.core.ruler.push("empty_headers", ({ tokens }) => {
    for (const [index, token] of tokens.entries()) {
      if (token.type === "th_open") dropEmptyHeader(tokens.slice(index, index + 3));
    }
  });
  // Vue takes {{ in the text of a page for code.
  const text = md.renderer.rules["text"];
  md.renderer.rules["text"] = (...args) => (text?.(...args) ?? "").replaceAll("{{", "&#123;&#123;");
}

/** A header cell without text names nothing: a screen reader would read it out before each cell of its column. */
function dropEmptyHeader([open, text, close]: readonly Token[]): void {
  if (!open || !close || text?.content !== "") return;
  open.tag = "td";
  close.tag = "td";
}
