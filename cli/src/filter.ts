/** Keys and filters as the user types them: `job`, `jobs.*`, `jobs.>`. All commands that show locks accept the same. */

import { show } from "@x/natslock/internal";
import { CliError, EXIT } from "./exit.ts";

/** What to show: single keys, and filters with NATS wildcards. */
export interface Selection {
  readonly keys: readonly string[];
  readonly filters: readonly string[];
}

const PART = /^[-\w/=]+$/;

/** The longest key that a lock can have outside of queues. */
const LONGEST_KEY = 1024;

/** Reports whether a lock can have this key. A bucket can contain other keys, which no lock uses. */
export function isKey(text: string): boolean {
  return text.length <= LONGEST_KEY && text.split(".").every((part) => PART.test(part));
}

/**
 * Sorts words into keys and filters. In a filter `*` stands for one part between dots, and `>` at the end for one or
 * more parts.
 *
 * @throws {CliError} if a word is neither a key nor a filter
 */
export function selectionOf(words: readonly string[]): Selection {
  const keys: string[] = [];
  const filters: string[] = [];
  for (const word of new Set(words)) {
    if (isKey(word)) keys.push(word);
    else if (isFilter(word)) filters.push(word);
    else throw new CliError(EXIT.usage, `Cannot use key ${show(word)}: ${wanted(word)}`, EXAMPLES);
  }
  return { keys, filters };
}

/** Checks a word that must be the key of one lock. @throws {CliError} if it is not */
export function requireKey(word: string): void {
  if (isKey(word)) return;
  const reason = isFilter(word) ? "must be the key of one lock, not a filter" : wanted(word);
  throw new CliError(EXIT.usage, `Cannot use key ${show(word)}: ${reason}`, 'for example "job" or "jobs.nightly"');
}

const EXAMPLES = 'for example "job", "jobs.*" (one part) or "jobs.>" (all below)';

function wanted(word: string): string {
  if (word.length > LONGEST_KEY) return `must have at most ${LONGEST_KEY} characters`;
  if (/[*>]/.test(word)) return '"*" must be a whole part between dots, and ">" the whole last part';
  return 'must be letters, digits, "-", "_", "/" and "=", in parts joined by single dots';
}

/** Reports whether a text is a filter: a key in which parts are `*`, or the last part is `>`. */
export function isFilter(text: string): boolean {
  const parts = text.length <= LONGEST_KEY ? text.split(".") : [""];
  const isLast = (at: number) => at === parts.length - 1;
  return parts.every((part, at) => part === "*" || (part === ">" && isLast(at)) || PART.test(part));
}
