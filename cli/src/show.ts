/** Locks as people and as programs read them. */

import type { Leadership } from "@x/natslock";
import Table from "cli-table3";
import { isatty } from "node:tty";
import process from "node:process";
import { createColors } from "picocolors";
import { shortly } from "./duration.ts";
import { plain } from "./say.ts";
import type { ConnectionFlags } from "./settings.ts";

/** The flags of a command that shows something. */
export interface ShowFlags extends ConnectionFlags {
  readonly json?: boolean;
}

/** A lock and who holds it; `null` = nobody. */
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

/** Colour only where a person looks, and wants it (NO_COLOR). */
export function colours(): ReturnType<typeof createColors> {
  const { NO_COLOR, TERM } = process.env;
  return createColors(isatty(1) && !NO_COLOR && TERM !== "dumb");
}

/** Columns side by side, as `kubectl` has them. Cells are the text of others: nothing in them steers the terminal. */
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

/** Who it is, for a table: by name, else by id. */
export function holderOf({ holder, name }: Leadership): string {
  return plain(name || holder || "(a stranger)");
}

/** How long it has been held, by the holder's clock and ours. */
export function heldFor({ since }: Leadership, now: number): string {
  return since === null ? "?" : shortly(Math.max(0, now - since));
}

/** One lock as a line of JSON; times are ISO 8601 or milliseconds. */
export function jsonOf({ key, leader }: Lock, more: object = {}): string {
  if (leader === null) return JSON.stringify({ ...more, key, state: "free" });
  const { holder, name, token, since, ttl, meta, revision } = leader;
  const state = holder === "" ? "foreign" : "held";
  const began = since === null ? null : new Date(since).toISOString();
  return JSON.stringify({ ...more, key, state, holder, name, token, since: began, ttl, meta, revision });
}
