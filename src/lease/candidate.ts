/** The options of a candidate, checked. */

import { badParameter, BadParameterError } from "../base/errors.ts";
import type { EventListener } from "./events.ts";
import { type Logger, silentLogger } from "../base/logger.ts";
import type { Random } from "../base/random.ts";
import { isUuid, type Meta, requireMeta, requireName } from "../store/record.ts";
import { leaseTiming, type TimingOptions, wholeSeconds } from "./timing.ts";

/** Key of a lock whose options name no key. */
export const DEFAULT_KEY_NAME = "leader";

/** Options of a candidate that do not depend on where its lock is stored. */
export interface CandidateOptions {
  /**
   * Key of the lock in the bucket, at most 1,024 characters: letters, digits, `-`, `_`, `/` and `=`, in parts joined by
   * dots. Default: {@linkcode DEFAULT_KEY_NAME}.
   */
  readonly key?: string;
  /**
   * UUID of this candidate. Two running candidates must not have the same: they would take the lock from each other.
   * Default: a random UUID.
   */
  readonly id?: string;
  /** Name of this candidate for people, at most 128 bytes. Default: empty. */
  readonly name?: string;
  /** Data that others can read while this candidate holds: a plain JSON object, at most 1,024 bytes. Default: empty. */
  readonly meta?: Meta;
  /**
   * Lease length of this lock in milliseconds, cut to whole seconds: at least 1,000, at most the bucket's. Needs server
   * 2.11 or later and a bucket with `allow_msg_ttl`, as {@linkcode newKeyValue} creates it. Default: the bucket's.
   */
  readonly ttl?: number;
  /** Other times of the lease, in milliseconds. Default: derived from the lease length. */
  readonly timing?: TimingOptions;
  /**
   * Head start of other candidates in milliseconds, 0 or more. A wait (`acquire()`, `run()`, `lead()`) leaves the lock to
   * them for that long before it tries: at its beginning, and whenever it learns that the lock is free. So of all that
   * wait, those with less come first, and if none of them lives, this one gets the lock later by no more than that. A
   * `timeout` that is not longer ends the wait before it has tried; a `timeout` of 0, `tryAcquire()` and `acquireLead()`
   * try at once. Default: 0.
   *
   * @example Lead only while no candidate of the main region does
   * ```ts ignore
   * import { Locker } from "@x/natslock";
   *
   * const open = { servers: "ws://127.0.0.1:8080", bucket: "locks", ttl: 15_000 };
   * await using spare = await Locker.open({ ...open, headStart: 1000 });
   * await using main = await Locker.open(open);
   * const granted = spare.acquire();
   * await main.run(() => console.log("the main region leads"));
   * await (await granted).release();
   * ```
   */
  readonly headStart?: number;
  /** Receives log lines: anything shaped like `console`. Default: writes nothing. */
  readonly logger?: Logger;
  /**
   * Called with each event of this candidate. What it throws, or its promise rejects with, goes to the log and changes
   * nothing else. Default: none.
   */
  readonly onEvent?: EventListener;
  /**
   * Called with each step of the lease's state machine, for debugging this library. What it throws goes to the log.
   * Default: none.
   *
   * @example Print each step
   * ```ts ignore
   * import { Locker } from "@x/natslock";
   *
   * const open = { servers: "ws://127.0.0.1:8080", bucket: "locks", ttl: 15_000 };
   * await using locker = await Locker.open({ ...open, trace: (line, step) => console.debug(line, step) });
   * await locker.acquireLead();
   * ```
   */
  readonly trace?: Trace;
}

/**
 * Called with a line that names the key, and with the step: the phase before, the event, the phase after, the effects.
 */
export type Trace = (line: string, step: object) => void;

/** One candidate for one key: its options with defaults. `ttl` is `null` if the bucket's lease length applies. */
export type Candidate = Required<Omit<CandidateOptions, "ttl" | "onEvent" | "trace">> & { readonly ttl: number | null };

/**
 * A server closes the connection if a protocol line exceeds 4,096 bytes, and subjects appear there under longer names.
 */
const LONGEST_KEY = 1024;

const KEY = /^[-/=\w]+(\.[-/=\w]+)*$/;

/** @throws {BadParameterError} if an entry of a bucket cannot have this key */
export function requireKey(key: unknown): void {
  if (typeof key === "string" && key.length <= LONGEST_KEY && KEY.test(key)) return;
  const wanted =
    'at most 1,024 characters: tokens of letters, digits, "-", "_", "/" and "=" joined by dots, without wildcards';
  throw badParameter("key", wanted, key);
}

/** Checks options and fills in defaults. @throws {BadParameterError} for the first option that is out of range */
export function candidateOf(options: CandidateOptions, random: Random): Candidate {
  const { key = DEFAULT_KEY_NAME, id = random.uuid(), name = "", meta = {}, timing = {} } = options;
  const { headStart = 0, logger = silentLogger } = options;
  const ttl = options.ttl === undefined ? null : wholeSeconds(options.ttl);
  if (typeof timing !== "object" || timing === null) throw badParameter("timing", "an object", timing);
  if (ttl !== null) leaseTiming(ttl, timing);
  requireKey(key);
  if (!isUuid(id)) throw badParameter("id", "a UUID: Go peers take over a lock without one", id);
  if (!(Number.isFinite(headStart) && headStart >= 0)) {
    throw badParameter("headStart", "0 or more milliseconds", headStart);
  }
  if (!(["debug", "info", "warn"] as const).every((method) => typeof logger?.[method] === "function")) {
    throw new BadParameterError("logger", `Cannot use "logger": must have the methods debug, info and warn`);
  }
  return {
    key,
    id: id.toLowerCase(),
    name: requireName(name),
    meta: requireMeta(meta),
    ttl,
    timing,
    headStart,
    logger,
  };
}
