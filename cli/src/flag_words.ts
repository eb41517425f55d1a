/** Words the errors of the library in the flags and units that the user typed, and reads flags that are numbers. */

import { BadParameterError } from "@x/natslock";
import { exactly } from "./duration.ts";
import { CliError, EXIT } from "./exit.ts";

/**
 * Returns the error for the user: with the names of flags instead of those of parameters (`names` has both), and with
 * durations as the user writes them. Returns other errors as they are.
 */
export function inFlagWords(error: unknown, names: Readonly<Record<string, string>>): unknown {
  if (!(error instanceof BadParameterError)) return error;
  const { parameter } = error;
  const named = error.message.replace(/"(?:timing\.)?(\w+)"/g, (all, name: string) => names[name] ?? all);
  const isTime = parameter === "ttl" || parameter.startsWith("timing");
  return new CliError(EXIT.usage, isTime ? withUnits(named) : named);
}

function withUnits(message: string): string {
  const [, text = message, values = ""] = /^(.*)(current values? (?:is|are) .*)$/.exec(message) ?? [];
  const worded = text
    .replace("a positive finite number of milliseconds", "more than 0")
    .replace(/(\d+(?:\.\d+)?) ms\b/g, (_all, ms: string) => exactly(Number(ms)));
  return worded + values.replace(/\d+(?:\.\d+)?/g, (ms) => exactly(Number(ms)));
}

/**
 * Reads a flag that is a whole number.
 *
 * @throws {CliError} if it is not, or is less than 1
 */
export function wholeNumber(text: string, flag: string): number {
  if (/^[1-9]\d*$/.test(text) && Number.isSafeInteger(Number(text))) return Number(text);
  throw new CliError(EXIT.usage, `Cannot use ${flag} "${text}": must be a whole number above 0`);
}
