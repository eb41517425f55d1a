/** Extracts commands and code from the documents, so that tests can run them unchanged. */

/** Programs whose command lines are tested. Other text between backquotes is not. */
const COMMAND = /^(?:deno|bunx?|np[mx]|node|natslock) /;
const ROOT = new URL("../../", import.meta.url);

/** Text of a document. */
export async function documentAt(path: string): Promise<string> {
  return await Deno.readTextFile(new URL(path, ROOT));
}

/** Text below a heading, up to the next heading of the same level. */
export function sectionOf(document: string, heading: string): string {
  const text = document.split(`\n## ${heading}\n`)[1]?.split("\n## ")[0];
  if (text === undefined) throw new Error(`There is no heading "## ${heading}"`);
  return text;
}

/** The code blocks in this language. */
export function blocksOf(text: string, language: string): string[] {
  const blocks = new RegExp(`^\`\`\`${language}\\b.*\n([^]*?)^\`\`\``, "gm");
  return [...text.matchAll(blocks)].map(([, block = ""]) => block);
}

/** The first code block in this language. */
export function blockOf(text: string, language: string): string {
  const [found] = blocksOf(text, language);
  if (found === undefined) throw new Error(`There is no block of "${language}"`);
  return found;
}

/** The commands in a shell block, without comments. */
export function commandsOf(block: string): string[] {
  return block.split("\n").map((line) => line.replace(/\s+#.*/, "")).filter((line) => COMMAND.test(line));
}

/** The commands in the first row of a table that starts with `head`. */
export function commandsOfRow(text: string, head: string): string[] {
  const row = text.split("\n").find((line) => line.startsWith(`| ${head}`)) ?? "";
  const spans = [...row.matchAll(/`([^`]+)`/g)].map(([, text = ""]) => text).filter((text) => COMMAND.test(text));
  if (spans.length === 0) throw new Error(`No row of a table that begins with "${head}" shows a command`);
  return spans;
}

/** The commands in the head of an example for another runtime: "In a folder of its own: a; b (Node 20 only); c". */
export function headCommands(example: string, remark = ""): string[] {
  const line = /In a folder of its own: (.*)/.exec(example)?.[1];
  if (line === undefined) throw new Error(`The example does not say what to do "in a folder of its own"`);
  return line.split("; ").flatMap((command) => {
    const [, text = "", only] = /^(.*?)(?: \((.*) only\))?$/.exec(command) ?? [];
    return only === undefined || only === remark ? [text] : [];
  });
}
