/** Texts for phases, endings, durations and counts. */

import type { Phase } from "../model/lock.ts";
import type { Ending } from "../model/tenure.ts";

/** Labels of the phases of a lock. */
export const PHASES: Readonly<Record<Phase, string>> = {
  held: "Held",
  vacant: "Vacant",
  overdue: "Run out",
  foreign: "No lock",
  stale: "Unknown",
};

/** How a hold ended. */
export const ENDINGS: Readonly<Record<Ending, string>> = {
  released: "given back",
  expired: "crashed: the lease ran out",
  overtaken: "overwritten while it was valid",
  removed: "removed by an admin",
  unseen: "end not seen",
};

/** Formats a duration in milliseconds, in short form. */
export function duration(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  const [days, hours, minutes] = [86_400, 3600, 60].map((unit) => Math.floor(seconds / unit));
  if (days) return pair(days, "d", (hours ?? 0) % 24, "h");
  if (hours) return pair(hours, "h", (minutes ?? 0) % 60, "min");
  if (minutes) return pair(minutes, "min", seconds % 60, "s");
  return `${seconds} s`;
}

function pair(large: number, unit: string, small: number, subunit: string): string {
  return small === 0 ? `${large} ${unit}` : `${large} ${unit} ${small} ${subunit}`;
}

/** Formats a duration in milliseconds, with tenths of a second if it is short. */
export function tenths(ms: number): string {
  return ms >= 100_000 ? duration(ms) : `${(Math.max(0, ms) / 1000).toFixed(1)} s`;
}

/** Formats the time of day, in the browser's time zone. */
export function clockTime(ms: number): string {
  return new Date(ms).toLocaleTimeString("en-GB");
}

/** Returns the beginning of a UUID, enough to distinguish holders. */
export function shortId(holder: string): string {
  return holder.slice(0, 8);
}

/** Formats a count with its noun: "1 lock", "2 locks". */
export function counted(count: number, noun: string): string {
  return `${count.toLocaleString("en")} ${noun}${count === 1 ? "" : "s"}`;
}
