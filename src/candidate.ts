/**
 * Who wants a lock: its options, checked.
 *
 * @module
 */

import { BadParameterError, show } from "./errors.ts";
import type { EventListener } from "./events.ts";
import { type Logger, silentLogger } from "./logger.ts";
import type { Random } from "./random.ts";
import { isUuid, type Meta, requireMeta, requireName } from "./record.ts";
import { leaseTiming, type TimingOptions, wholeSeconds } from "./timing.ts";

/** The key of a lock for which none is named. */
export const DEFAULT_KEY_NAME = "leader";

/** What a candidate is, whatever it is stored in. */
export interface CandidateOptions {
  /** Key of the lock in the bucket. Default: {@linkcode DEFAULT_KEY_NAME}. */
  readonly key?: string;
  /**
   * UUID of this candidate. Default: a random one. It belongs to one living candidate: two processes that set the same
   * id take the lock from each other.
   */
  readonly id?: string;
  /** A name for people, at most 128 bytes. Default: empty. */
  readonly name?: string;
  /** What others may see of the holder, a plain JSON object of at most 1,024 bytes. Default: empty. */
  readonly meta?: Meta;
  /**
   * Lease length of this lock, in milliseconds, cut to whole seconds, at most the bucket's. Default: the bucket's.
   * Needs server 2.11 and a bucket with `allow_msg_ttl`, which {@linkcode newKeyValue} makes.
   */
  readonly ttl?: number;
  /** Other times, in milliseconds. Default: derived from the lease length. */
  readonly timing?: TimingOptions;
  /** Anything shaped like `console`. Default: silent. */
  readonly logger?: Logger;
  /** Told of each thing that happens to this candidate; what it throws is contained. */
  readonly onEvent?: EventListener;
}

/** One candidate for one key. */
export interface Candidate {
  readonly key: string;
  /** UUID of the candidate, lower case. */
  readonly id: string;
  readonly name: string;
  readonly meta: Meta;
  /** Lease length of its own in milliseconds, whole seconds; `null` = the bucket's. */
  readonly ttl: number | null;
  readonly timing: TimingOptions;
  readonly logger: Logger;
}

const KEY = /^[-/=\w]+(\.[-/=\w]+)*$/;

/**
 * Checks options and fills in defaults.
 *
 * @throws {BadParameterError} for the first option that is out of range
 */
export function candidateOf(options: CandidateOptions, random: Random): Candidate {
  const { key = DEFAULT_KEY_NAME, name = "", meta = {}, timing = {}, logger = silentLogger } = options;
  const ttl = options.ttl === undefined ? null : wholeSeconds(options.ttl);
  requireTiming(timing);
  if (ttl !== null) leaseTiming(ttl, timing);
  return {
    key: requireKey(key),
    id: requireId(options.id === undefined ? random.uuid() : options.id),
    name: requireName(name),
    meta: requireMeta(meta),
    ttl,
    timing,
    logger: requireLogger(logger),
  };
}

function requireTiming(timing: TimingOptions): void {
  if (typeof timing === "object" && timing !== null) return;
  throw new BadParameterError("timing", `Cannot use "timing": must be an object, current value is ${show(timing)}`);
}

function requireKey(key: string): string {
  if (typeof key === "string" && KEY.test(key)) return key;
  throw new BadParameterError(
    "key",
    `Cannot use "key": must be tokens of letters, digits, "-", "_", "/" and "=" joined by dots, without wildcards, ` +
      `current value is ${show(key)}`,
  );
}

function requireId(id: string): string {
  if (typeof id === "string" && isUuid(id)) return id.toLowerCase();
  throw new BadParameterError(
    "id",
    `Cannot use "id": must be a UUID, since Go peers take over what is none, current value is ${show(id)}`,
  );
}

function requireLogger(logger: Logger): Logger {
  const methods = ["debug", "info", "warn"] as const;
  if (methods.every((method) => typeof logger?.[method] === "function")) return logger;
  throw new BadParameterError("logger", `Cannot use "logger": must have the methods debug, info and warn`);
}
