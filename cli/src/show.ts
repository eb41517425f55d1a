/** Formats locks as text and as JSON. */

import type { Leadership } from "@x/natslock";
import Table from "cli-table3";
import { isatty } from "node:tty";
import process from "node:process";
import { createColors } from "picocolors";
import { shortly } from "./duration.ts";
import { plain } from "./say.ts";
import type { ConnectionFlags } from "./settings.ts";

/** The flags of a command that shows locks or a bucket. */
export interface ShowFlags extends ConnectionFlags {
  readonly json?: boolean;
}

/** A lock and its holder. `leader` is `null` if the lock is free. */
export interface Lock {
  readonly key: string;
  readonly leader: Leadership | null;
}

const NO_LINES = Object.fromEntries(
  [
    ..."top|top-mid|top-left|top-right|bottom|bottom-mid|bottom-left|bottom-right".split("|"),
    ..."left|left-mid|mid|mid-mid|right|right-mid".split("|"),
  ].map((name) => [name, ""]),
);

/** Returns colours only if standard output is a terminal that supports them and NO_COLOR is not set. */
export function colours(): ReturnType<typeof createColors> {
  const { NO_COLOR, TERM } = process.env;
  return createColors(isatty(1) && !NO_COLOR && TERM !== "dumb");
}

/**
 * Formats rows as aligned columns, like `kubectl`. Text in cells can come from other clients, so it must be free of
 * control characters (see `plain`).
 */
export function table(head: readonly string[], rows: readonly (readonly string[])[], widths?: number[]): string {
  const { bold } = colours();
  const style = { head: [], border: [], "padding-left": 0, "padding-right": 2 };
  const shown = new Table({
    chars: { ...NO_LINES, middle: "" },
    style,
    head: head.map((title) => bold(title)),
    ...(widths ? { colWidths: widths } : {}),
  });
  shown.push(...rows.map((row) => [...row]));
  return shown.toString().split("\n").map((line) => line.trimEnd()).join("\n");
}

/** Returns the name of the holder for a table, or its id if it has no name. */
export function holderOf({ holder, name }: Leadership): string {
  return plain(name || holder || "(foreign)");
}

/** Returns how long the lock has been held: the difference between our clock and the time that the holder recorded. */
export function heldFor({ since }: Leadership, now: number): string {
  return since === null ? "?" : shortly(Math.max(0, now - since));
}

/** Formats one lock as a line of JSON. Times are in ISO 8601, durations in milliseconds. */
export function jsonOf({ key, leader }: Lock, more: object = {}): string {
  if (leader === null) return JSON.stringify({ ...more, key, state: "free" });
  const { holder, name, token, since, ttl, meta, revision } = leader;
  const state = holder === "" ? "foreign" : "held";
  const began = since === null ? null : new Date(since).toISOString();
  return JSON.stringify({ ...more, key, state, holder, name, token, since: began, ttl, meta, revision });
}
