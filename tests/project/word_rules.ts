/**
 * Rules about forbidden words in the code, and about the length of files.
 *
 * @module
 */

import { bareCode, type Source } from "./import_rules.ts";

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

const clockOnly = { why: "only clock.ts may read the time", except: ["src/base/clock.ts"] };
const randomOnly = { why: "only random.ts may make random numbers", except: ["src/base/random.ts"] };
const portable = { why: "the code must run on every JavaScript runtime", except: ["cli/"] };
const everywhere = { why: "house style", except: [] };
const published = {
  why: "Node 20 and Safari cannot parse it, and the published code is not transpiled",
  except: ["cli/"],
};
const shakeable = {
  why:
    "compilers hoist the key into a statement, so bundlers keep the class: declare the member, set it when constructed",
  except: ["cli/"],
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
  { pattern: global("crypto\\s*\\.(?!\\s*subtle\\.digest\\b)"), ...randomOnly },
  { pattern: /\bexport\s+default\b|\bas\s+default\b/, ...everywhere },
  { pattern: /\benum\s+\w+\s*\{/, ...everywhere },
  { pattern: /\busing\s+\w+\s*=/, ...published },
  { pattern: /^ {2}(?:(?:static|async|get|readonly) |\*)*\[Symbol\.\w+\]\s*[(=]/m, ...shakeable },
  { pattern: /(?:[:<,|&(]\s*|\bas\s+)any\b(?!\s*[:(.?])/, ...everywhere },
];

/** Returns the forbidden words in the code of a file. */
export function wordProblems({ path, text }: Source): string[] {
  const code = bareCode(text);
  return WORD_RULES.flatMap(({ pattern, why, except }) => {
    const found = except.some((start) => path.startsWith(start)) ? null : pattern.exec(code);
    return found ? [`${path} has "${found[0].trim()}": ${why}`] : [];
  });
}

/** Reports a text with more lines than allowed. */
export function lengthProblems({ path, text }: Source, limit = 220): string[] {
  const lines = text.trimEnd().split("\n").length;
  return lines > limit ? [`${path} has ${lines} lines of ${limit}`] : [];
}
