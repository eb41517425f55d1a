/** Messages for the user, one line each, on standard error. */

import type { Logger } from "@x/natslock";
import { writeSync } from "node:fs";

/** Replaces control characters. Names, keys and messages come from other clients and must not control the terminal. */
export function plain(text: string): string {
  // deno-lint-ignore no-control-regex
  return text.replace(/[\u0000-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069]/g, "?");
}

/** Writes one line to standard error. The write is synchronous, so that the line comes before any later output. */
export function say(line: string): void {
  try {
    writeSync(2, `natslock: ${plain(line)}\n`);
  } catch {
    // Standard error is closed. That is no reason to fail.
  }
}

/** Returns a logger that writes to standard error: warnings, and with `verbose` also informational messages. */
export function sayingLogger(verbose = false): Logger {
  const tell = (message: unknown, fields?: unknown) => say(`${message}${listed(fields)}`);
  // The listeners of events already print a shorter line, so warnings about events are skipped.
  const warn = (message: unknown, fields?: unknown) => isEvent(fields) ? undefined : tell(message, fields);
  return { debug: () => {}, info: verbose ? tell : () => {}, warn: verbose ? tell : warn };
}

const isEvent = (fields: unknown): boolean => typeof (fields as { type?: unknown } | undefined)?.type === "string";

function listed(fields: unknown): string {
  if (typeof fields !== "object" || fields === null) return "";
  const shown = Object.entries(fields).map(([name, value]) =>
    ` ${name}=${value instanceof Error ? value.message : typeof value === "number" ? Math.round(value) : value}`
  );
  return shown.length > 0 ? ` (${shown.join("").trim()})` : "";
}
