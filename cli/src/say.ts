/** What is said to people beside the result: on standard error, one line each. */

import type { Logger } from "@x/natslock";
import { writeSync } from "node:fs";

/** Text of others (names, keys, messages) must not steer the terminal. */
export function plain(text: string): string {
  // deno-lint-ignore no-control-regex
  return text.replace(/[\u0000-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069]/g, "?");
}

/** One line on standard error; at once, so that it stands before what follows. */
export function say(line: string): void {
  try {
    writeSync(2, `natslock: ${plain(line)}\n`);
  } catch {
    // Nobody reads it: no reason to fail.
  }
}

/** A logger on standard error: warnings, and with `verbose` what happens as well. */
export function sayingLogger(verbose = false): Logger {
  const tell = (message: unknown, fields?: unknown) => say(`${message}${listed(fields)}`);
  // Events are told by who hears them, in fewer words.
  const warn = (message: unknown, fields?: unknown) => isEvent(fields) ? undefined : tell(message, fields);
  return { debug: () => {}, info: verbose ? tell : () => {}, warn: verbose ? tell : warn };
}

const isEvent = (fields: unknown): boolean => typeof (fields as { type?: unknown } | undefined)?.type === "string";

function listed(fields: unknown): string {
  if (typeof fields !== "object" || fields === null) return "";
  const shown = Object.entries(fields).map(([name, value]) =>
    ` ${name}=${value instanceof Error ? value.message : value}`
  );
  return shown.length > 0 ? ` (${shown.join("").trim()})` : "";
}
