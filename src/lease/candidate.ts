/** Who wants a lock: its options, checked. */

import { badParameter, BadParameterError } from "../base/errors.ts";
import type { EventListener } from "./events.ts";
import { type Logger, silentLogger } from "../base/logger.ts";
import type { Random } from "../base/random.ts";
import { isUuid, type Meta, requireMeta, requireName } from "../store/record.ts";
import { leaseTiming, type TimingOptions, wholeSeconds } from "./timing.ts";

/** The key of a lock for which none is named. */
export const DEFAULT_KEY_NAME = "leader";

/** What a candidate is, whatever it is stored in. */
export interface CandidateOptions {
  /** Key of the lock in the bucket, at most 1,024 characters. Default: {@linkcode DEFAULT_KEY_NAME}. */
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
  /** Told of each thing that happens to this candidate. What it throws, or its promise rejects with, goes to the log. */
  readonly onEvent?: EventListener;
  /** Told of each step of the lease's machine: for those who debug this library. Default: nobody. */
  readonly trace?: Trace;
}

/** Takes one line about a step, and what it was: where the machine stood, what happened, what it does next. */
export type Trace = (line: string, step: object) => void;

/** One candidate for one key: the options, filled in. `ttl` is `null` where the bucket's lease length holds. */
export type Candidate = Required<Omit<CandidateOptions, "ttl" | "onEvent" | "trace">> & { readonly ttl: number | null };

/** A server ends the connection over a command line of 4,096 bytes, and subjects are repeated under longer names. */
const LONGEST_KEY = 1024;

const KEY = /^[-/=\w]+(\.[-/=\w]+)*$/;

/** Checks options and fills in defaults; throws a BadParameterError for the first that is out of range. */
export function candidateOf(options: CandidateOptions, random: Random): Candidate {
  const { key = DEFAULT_KEY_NAME, id = random.uuid(), name = "", meta = {}, timing = {} } = options;
  const { logger = silentLogger } = options;
  const ttl = options.ttl === undefined ? null : wholeSeconds(options.ttl);
  if (typeof timing !== "object" || timing === null) throw badParameter("timing", "an object", timing);
  if (ttl !== null) leaseTiming(ttl, timing);
  if (typeof key !== "string" || key.length > LONGEST_KEY || !KEY.test(key)) {
    const wanted =
      'at most 1,024 characters: tokens of letters, digits, "-", "_", "/" and "=" joined by dots, without wildcards';
    throw badParameter("key", wanted, key);
  }
  if (!isUuid(id)) throw badParameter("id", "a UUID, since Go peers take over what is none", id);
  if (!(["debug", "info", "warn"] as const).every((method) => typeof logger?.[method] === "function")) {
    throw new BadParameterError("logger", `Cannot use "logger": must have the methods debug, info and warn`);
  }
  return { key, id: id.toLowerCase(), name: requireName(name), meta: requireMeta(meta), ttl, timing, logger };
}
