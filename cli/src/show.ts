/** Formats locks as text and as JSON. */

import type { Leadership } from "@x/natslock";
import { isatty } from "node:tty";
import process from "node:process";
import { createColors } from "picocolors";
import { shortly } from "./duration.ts";
import { plain } from "./say.ts";
import type { ConnectionFlags } from "./settings.ts";

/** The flags of a command that shows locks or a bucket. */
export interface ShowFlags extends ConnectionFlags {
  readonly json?: boolean;
  /** Show the IDs of holders, fencing tokens and revisions, too. */
  readonly ids?: boolean;
}

/** A lock and its holder. `leader` is `null` if the lock is free. */
export interface Lock {
  readonly key: string;
  readonly leader: Leadership | null;
  /** Milliseconds until the lease ends unless it is renewed; `null` if the server does not tell. Not always asked. */
  readonly remaining?: number | null;
}

/** Returns colours only if standard output is a terminal that supports them and NO_COLOR is not set. */
export function colours(): ReturnType<typeof createColors> {
  const { NO_COLOR, TERM } = process.env;
  return createColors(isatty(1) && !NO_COLOR && TERM !== "dumb");
}

/** Returns the name of the holder, or its ID if it has no name. */
export function holderOf({ holder, name }: Leadership): string {
  return plain(name || holder || "(foreign)");
}

/** Returns how long the lock has been held: the difference between our clock and the time that the holder recorded. */
export function heldFor({ since }: Leadership, now: number): string {
  return since === null ? "?" : shortly(wholeSeconds(Math.max(0, now - since)));
}

/** Returns how much of the lease is left, if the server tells it. */
export function leftOf({ remaining }: Lock): string {
  return typeof remaining === "number" ? shortly(wholeSeconds(remaining)) : "?";
}

/** Fractions of a second matter only below ten seconds. */
const wholeSeconds = (ms: number): number => ms < 10_000 ? Math.floor(ms / 100) * 100 : Math.floor(ms / 1000) * 1000;

/** Formats one lock as a line of JSON. Times are in RFC 3339, durations in milliseconds. */
export function jsonOf({ key, leader, remaining }: Lock, more: object = {}): string {
  if (leader === null) return JSON.stringify({ ...more, key, state: "free" });
  const { holder, name, token, since, ttl, meta, revision } = leader;
  const state = holder === "" ? "foreign" : "held";
  const began = since === null ? null : new Date(since).toISOString();
  const left = remaining === undefined ? {} : { remaining };
  return JSON.stringify({ ...more, key, state, holder, name, token, since: began, ttl, ...left, meta, revision });
}
