/** Tells which buckets are for queues: there, locks by name have a queue each and are taken with a `LockManager`. */

import type { BucketProblem } from "@x/natslock";
import { type KvStore, show } from "@x/natslock/internal";
import { exactly, shortly } from "./duration.ts";

/** How long `natslock bucket create --queues` lets the bucket keep tickets: the longest hold, in milliseconds. */
export const LONGEST_HOLD = 86_400_000;

/** A bucket that keeps records for less than this is not for queues, in milliseconds. Leases are much shorter. */
export const SHORTEST_HOLD = 3_600_000;

/** Lease length of a session, or of a new bucket without queues, if no `--ttl` is set, in milliseconds. */
export const DEFAULT_TTL = 15_000;

type Settings = Awaited<ReturnType<KvStore["settings"]>>;

/** What the settings of a bucket mean for queues. */
export type QueueTerms =
  /** It is for queues. `maxHold`: how long it keeps tickets, in milliseconds. */
  | { readonly maxHold: number; readonly problem: null }
  /** It is not, because of this setting. */
  | { readonly maxHold: null; readonly problem: BucketProblem };

/** Returns what the settings of a bucket mean for queues. */
export function queueTermsOf({ ttl, unfitForQueues }: Pick<Settings, "ttl" | "unfitForQueues">): QueueTerms {
  const maxHold = Math.min(LONGEST_HOLD, Math.max(SHORTEST_HOLD, ttl ?? LONGEST_HOLD));
  const problem = unfitForQueues(maxHold);
  if (problem === null) return { maxHold, problem };
  const least = `${exactly(SHORTEST_HOLD)} or more, since locks in queues end after this time`;
  return { maxHold: null, problem: problem.setting === "max_age" ? { ...problem, wanted: least } : problem };
}

/** Settings that the server counts in nanoseconds. */
const TIMES = new Set(["max_age", "duplicate_window", "subject_delete_marker_ttl"]);

/** Returns what is wrong with a setting, such as `max_age is 15s, must be 1h or more`. */
export function problemText({ setting, value, wanted }: Pick<BucketProblem, "setting" | "value" | "wanted">): string {
  const isTime = TIMES.has(setting) && typeof value === "number";
  const shown = isTime ? exactly(value / 1e6) : show(value);
  return `${setting}: is ${shown}, must be ${wanted}`;
}

/** Returns how long a bucket for queues keeps locks, for people. */
export const holdText = (maxHold: number): string => `locks are held for at most ${shortly(maxHold)}`;
