/** How a lock with a queue is asked for: the flags `--shared`, `--limit`, `--weight` and `--key`, checked. */

import type { LockOptions } from "@x/natslock";
import { CliError, EXIT } from "./exit.ts";

/** The flags that need a bucket with queues. */
export interface ClaimFlags {
  /** More keys, beside the first. */
  readonly key?: readonly string[];
  readonly shared?: boolean;
  readonly limit?: string;
  readonly weight?: string;
}

/** How all locks of a run are asked for. */
export interface Claim {
  /** The keys, each once, in the order in which they were typed. */
  readonly names: readonly string[];
  readonly options: Pick<LockOptions, "mode" | "limit" | "weight">;
  /** The first flag that needs a bucket with queues; `null` if none was set. */
  readonly flag: string | null;
}

/** Checks the flags. @throws {CliError} if they cannot be used */
export function claimOf(first: string, flags: ClaimFlags): Claim {
  const { key = [], shared, limit: most, weight: takes } = flags;
  const names = [first, ...key];
  const twice = names.find((name, at) => names.indexOf(name) < at);
  if (twice !== undefined) throw new CliError(EXIT.usage, `Cannot use key "${twice}" twice`, "name each key once");
  const given = Object.entries({ "--shared": shared, "--limit": most, "--weight": takes, "--key": key[0] });
  const flag = given.find(([, value]) => value !== undefined)?.[0] ?? null;
  const odd = names.find((name) => name.startsWith("-"));
  if (odd !== undefined) throw new CliError(EXIT.usage, `Cannot use key "${odd}": must not begin with "-"`);
  const limit = most === undefined ? undefined : wholeNumber(most, "--limit");
  if (takes !== undefined && limit === undefined) {
    throw new CliError(EXIT.usage, "Cannot use --weight without --limit", "the weight is a part of the limit");
  }
  const weight = takes === undefined ? undefined : wholeNumber(takes, "--weight", limit);
  const isShared = shared === true || limit !== undefined;
  return { names, flag, options: isShared ? { mode: "shared", limit, weight } : {} };
}

/** Reads a flag that is a whole number. @throws {CliError} if it is not, or is less than 1 or more than `most` */
export function wholeNumber(text: string, flag: string, most: number = Number.MAX_SAFE_INTEGER): number {
  if (/^[1-9]\d*$/.test(text) && Number(text) <= most) return Number(text);
  const range = most < Number.MAX_SAFE_INTEGER ? `from 1 to ${most}` : "above 0";
  throw new CliError(EXIT.usage, `Cannot use ${flag} "${text}": must be a whole number ${range}`);
}

/** Collects the values of a flag that may be repeated. */
export const collect = (value: string, before: readonly string[] = []): readonly string[] => [...before, value];
