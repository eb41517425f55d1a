/**
 * The rules of `tests/layers_test.ts`, as functions of a file's name and text.
 *
 * @module
 */

/** The layers from the lowest to the highest, each with its file stems. */
export type LayerTable = readonly (readonly [string, readonly string[]])[];

/** One file as the rules see it: `stem` is its name without `.ts`. */
export interface Source {
  readonly stem: string;
  readonly text: string;
}

/** One import or re-export of a file. */
export interface Import {
  readonly specifier: string;
  readonly typeOnly: boolean;
}

// Strings come first in the pattern so that "//" inside one is not a comment.
const LEXEMES = /("(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'|`(?:\\[^]|[^`\\])*`)|\/\*[^]*?\*\/|\/\/[^\n]*/g;

const STATEMENT = /\b(?:import|export)\s+(type\s+)?(?:[\w*$\s,{}]+?\bfrom\s*)?["']([^"'\n]+)["']/g;
const DYNAMIC = /\bimport\s*\(\s*["'`]([^"'`\n]+)["'`]/g;

/** The text without its comments, whose examples import whatever they like. */
export function withoutComments(text: string): string {
  return text.replace(LEXEMES, (_all, quoted?: string) => quoted ?? " ");
}

/** The text without comments and without plain strings. */
export function bareCode(text: string): string {
  return text.replace(LEXEMES, (_all, quoted?: string) => quoted?.startsWith("`") ? quoted : ' "" ');
}

/** Every import, re-export and dynamic import of a text. */
export function importsOf(text: string): Import[] {
  const code = withoutComments(text);
  const found: Import[] = [];
  for (const [, type, specifier] of code.matchAll(STATEMENT)) {
    if (specifier) found.push({ specifier, typeOnly: type !== undefined });
  }
  for (const [, specifier] of code.matchAll(DYNAMIC)) {
    if (specifier) found.push({ specifier, typeOnly: false });
  }
  return found;
}

/** The command line: its entry and the files of its folder, one layer that nothing else imports from. */
function isCli(stem: string): boolean {
  return stem === "cli" || stem.startsWith("cli/");
}

/** The layer of a file stem, or `undefined` when the table has no such file. */
export function layerOf(stem: string, table: LayerTable): string | undefined {
  const row = table.find(([, stems]) => stems.includes(stem));
  if (row) return row[0];
  if (isCli(stem) && stem !== "cli") return layerOf("cli", table);
  return stem.startsWith("lease_") ? layerOf("lease_state", table) : undefined;
}

/** The stem that a relative import of a file leads to. */
function stemOf(from: string, specifier: string): string | undefined {
  const [, path] = /^(\.\.?\/[\w/.]+)\.ts$/.exec(specifier) ?? [];
  if (path === undefined) return undefined;
  // `mod` lies one folder above the rest.
  const here = from === "mod" ? "/mod" : `/src/${from}`;
  const stem = new URL(path, `file://${here}`).pathname.replace(/^\/(?:src\/)?/, "");
  return /^(?:cli\/)?\w+$/.test(stem) ? stem : undefined;
}

/** Above the store only these know that it is NATS. */
const MAY_KNOW_NATS = new Set(["locker", "mod"]);

function mayImport(from: string, to: string, table: LayerTable): boolean {
  const rank = (stem: string) => table.findIndex(([layer]) => layer === layerOf(stem, table));
  const [lower, upper] = [layerOf(to, table), layerOf(from, table)];
  if (lower === undefined || upper === undefined) return false;
  if (isCli(to)) return isCli(from);
  if (lower === upper) {
    const split = from.startsWith("lease_") && to.startsWith("lease_");
    return split || upper === "2n";
  }
  if (upper === "2n" && lower === "2") return false;
  if (lower === "2n" && !MAY_KNOW_NATS.has(from) && !isCli(from)) return false;
  if (["memory_store", "memory_link"].includes(to) && !["testing", "memory_store"].includes(from)) return false;
  return rank(to) < rank(from);
}

const NATS_AT_RUN_TIME = new Set(["bucket", "kv_consumer", "kv_settings", "kv_store", "connection"]);
const NATS_TYPES = new Set(["bucket_rules", "kv_watch"]);

/** What the command line is made with; the library has only the first three of `@nats-io`. */
const CLI_PACKAGES = new Set([
  ...["jetstream", "kv", "nats-core", "transport-node"].map((name) => `@nats-io/${name}`),
  ...["@bomb.sh/tab/commander", "@inquirer/confirm", "cli-table3", "commander", "picocolors"],
]);

function bareProblem(stem: string, found: Import): string | undefined {
  const { specifier, typeOnly } = found;
  if (isCli(stem)) {
    const known = specifier.startsWith("node:") || CLI_PACKAGES.has(specifier);
    return known ? undefined : `${stem} imports ${specifier}: no package of the command line`;
  }
  if (!specifier.startsWith("@nats-io/")) {
    return `${stem} imports ${specifier}: only relative files and @nats-io/*`;
  }
  if (NATS_AT_RUN_TIME.has(stem)) return undefined;
  if (typeOnly && NATS_TYPES.has(stem)) return undefined;
  return `${stem} imports ${specifier}${typeOnly ? " (types)" : ""}`;
}

/** The imports of a file which its layer does not allow. */
export function importProblems(file: Source, table: LayerTable): string[] {
  const { stem, text } = file;
  const layer = layerOf(stem, table);
  if (layer === undefined) return [`${stem} is on no layer of the table`];
  const problems = importsOf(text).map((found) => {
    if (!found.specifier.startsWith(".")) return bareProblem(stem, found);
    const to = stemOf(stem, found.specifier);
    if (to !== undefined && mayImport(stem, to, table)) return undefined;
    const target = layerOf(to ?? "", table) ?? "none";
    return `${stem} (layer ${layer}) imports ${found.specifier} (layer ${target})`;
  });
  return problems.filter((problem) => problem !== undefined);
}

interface WordRule {
  readonly pattern: RegExp;
  readonly why: string;
  readonly except: readonly string[];
}

const GLOBAL = String
  .raw`(?:(?<![\w.#$])|\b(?:globalThis|self|window)\s*\.\s*)`;

function global(name: string): RegExp {
  return new RegExp(GLOBAL + name);
}

const clockOnly = { why: "time is read through clock only", except: ["clock"] };
const randomOnly = { why: "chance comes from random only", except: ["random"] };
const portable = { why: "runs on every JavaScript runtime", except: ["cli"] };
const everywhere = { why: "house style", except: [] };
const published = {
  why: "Node 20 and Safari cannot parse it, and what is published is not rewritten",
  except: ["cli"],
};

const WORD_RULES: readonly WordRule[] = [
  { pattern: global("Deno\\b"), ...portable },
  { pattern: global("process\\s*\\??\\."), ...portable },
  { pattern: global("Buffer\\b"), ...portable },
  { pattern: global("Date\\s*\\.\\s*now\\b"), ...clockOnly },
  { pattern: global("performance\\s*\\.\\s*now\\b"), ...clockOnly },
  { pattern: /\bnew\s+Date\s*(?:\(\s*\)|(?![\w\s(]))/, ...clockOnly },
  { pattern: global("set(?:Timeout|Interval)\\b"), ...clockOnly },
  { pattern: global("Math\\s*\\.\\s*random\\b"), ...randomOnly },
  { pattern: global("crypto\\s*\\."), ...randomOnly },
  { pattern: /\bexport\s+default\b|\bas\s+default\b/, ...everywhere },
  { pattern: /\benum\s+\w+\s*\{/, ...everywhere },
  { pattern: /\busing\s+\w+\s*=/, ...published },
  { pattern: /(?:[:<,|&(]\s*|\bas\s+)any\b(?!\s*[:(.?])/, ...everywhere },
];

/** The words of a file's code which no file, or not this file, may use. */
export function wordProblems(file: Source): string[] {
  const code = bareCode(file.text);
  return WORD_RULES.flatMap(({ pattern, why, except }) => {
    const found = except.includes(isCli(file.stem) ? "cli" : file.stem) ? null : pattern.exec(code);
    return found ? [`${file.stem} has "${found[0].trim()}": ${why}`] : [];
  });
}

/** Says so when a text has more lines than the house allows. */
export function lengthProblems(file: Source, limit = 220): string[] {
  const lines = file.text.trimEnd().split("\n").length;
  return lines > limit ? [`${file.stem} has ${lines} lines of ${limit}`] : [];
}

/** The layer rows of the first table in a text whose first layer is 0. */
export function documentedLayers(markdown: string): LayerTable {
  const rows: [string, string[]][] = [];
  for (const line of markdown.split("\n")) {
    const row = /^\|\s*`?(\d+[a-z]?)`?\s*\|([^|]*)\|/.exec(line);
    const [, layer, names] = row ?? [];
    if (layer === undefined || names === undefined) {
      if (rows.length > 0) break;
    } else if (layer === "0" || rows.length > 0) {
      rows.push([layer, names.split(",").map(plainStem)]);
    }
  }
  return rows;
}

function plainStem(name: string): string {
  return name.replaceAll(/[`*\s]|^\s*src\/|\.ts\b/g, "");
}

/** Where the table of a document and the table of the test disagree. */
export function tableProblems(documented: LayerTable, table: LayerTable): string[] {
  if (documented.length === 0) {
    return ["ARCHITECTURE.md has no layer table: no row `| 0 | errors, ... |`"];
  }
  const wrong = documented.flatMap(([layer, stems]) =>
    stems.filter((stem) => layerOf(stem, table) !== layer)
      .map((stem) => `ARCHITECTURE.md has "${stem}" on layer ${layer}`)
  );
  const named = new Set(documented.flatMap(([, stems]) => stems));
  const missing = table.flatMap(([layer, stems]) =>
    stems.filter((stem) => !named.has(stem))
      .map((stem) => `ARCHITECTURE.md lacks "${stem}" of layer ${layer}`)
  );
  return [...wrong, ...missing];
}
