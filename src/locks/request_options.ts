/** The options of a request, checked in the order of the Web Locks specification. */

import { badParameter, show } from "../base/errors.ts";
import { requireWaitOptions, type WaitOptions } from "../base/wait.ts";
import { type LockMode, nameToJson } from "../store/ticket.ts";
import type { Claim } from "./queue_rules.ts";

/**
 * Options of a request: those of `navigator.locks.request()`, and `limit`, `weight` and `timeout`.
 *
 * `timeout` and `signal` end the wait, never the work under the lock. `signal` excludes `steal` and `ifAvailable`.
 *
 * @example Try once, wait for a second, wait until a signal
 * ```ts ignore
 * import { LockManager } from "@x/natslock";
 *
 * await using locks = await LockManager.open({ servers: "ws://127.0.0.1:8080", bucket: "queues" });
 * const work = () => console.log("alone");
 * await locks.request("report", { ifAvailable: true }, (lock) => lock === null ? console.log("busy") : work());
 * await locks.request("report", { timeout: 1000 }, work);
 * await locks.request("report", { signal: AbortSignal.timeout(1000) }, work);
 * ```
 */
export interface LockOptions extends WaitOptions {
  /** `exclusive`: alone. `shared`: together with other shared holders. Default: `exclusive`. */
  readonly mode?: LockMode;
  /**
   * The most weight that may hold a shared lock at once, a whole number of 1 or more. All shared requests for a lock
   * must have the same: another one is refused with a `BadParameterError` as long as an earlier request stands. Not
   * allowed for an exclusive lock. Default: no limit.
   */
  readonly limit?: number | undefined;
  /** How much of `limit` the request takes: a whole number from 1 to `limit`. Not allowed without it. Default: 1. */
  readonly weight?: number | undefined;
  /**
   * True to get `null` if the lock cannot be held now, instead of waiting. Anything before the request counts, also a
   * request that waits. Waits for at most a lease length for each session in front that may be dead, and rejects with a
   * `ConnectionError` if two lease lengths are not enough to tell. Default: false.
   */
  readonly ifAvailable?: boolean;
  /**
   * True to remove all requests before this one, holding or waiting. Those that held lose the lock; those that waited
   * queue again. Until a holder hears of it, two believe that they hold: pass `token` to what the lock protects. It hears
   * by a push, else by a check once per lease length, or by the next one if a replica that is behind answers. Of several
   * thieves at once the last one holds. The others reject with an `AbortError`, even if they did not hold yet. Only for
   * an exclusive lock, and not with `ifAvailable`. Default: false.
   */
  readonly steal?: boolean;
}

/** Options of a request that waits: its callback always gets a lock, never `null`. */
export type WaitingLockOptions = LockOptions & {
  /** False: the request waits. */
  readonly ifAvailable?: false;
};

/** Work under a lock, as {@linkcode LockManager.request} calls it: gets the lock, the locks, or `null`. */
export type LockWork<Given, Result> = (given: Given) => Result | Promise<Result>;

/** A request whose options are checked. */
export interface CheckedRequest {
  /** Names of the locks, in the order of the request. */
  readonly names: readonly string[];
  readonly claim: Claim;
  readonly ifAvailable: boolean;
  readonly steal: boolean;
  readonly signal: AbortSignal | undefined;
  readonly timeout: number | undefined;
}

/** Longest name of a lock in a ticket, in bytes. A server takes messages with at most 65,535 bytes of headers. */
const LONGEST_NAME = 65_000;

/**
 * Checks the names and options of a request.
 *
 * @throws {TypeError} for a value of the wrong type, as a browser does
 * @throws {DOMException} with the name `NotSupportedError` for a name that begins with `-`, and for options that exclude
 * each other
 * @throws {BadParameterError} for options that browsers do not know
 * @throws the reason of `signal` if it is aborted
 */
export function checkRequest(name: unknown, options: unknown): CheckedRequest {
  const names = Array.isArray(name) ? name.map((each) => `${each}`) : [`${name}`];
  if (options !== undefined && options !== null && typeof options !== "object") {
    throw new TypeError(`Cannot use the options of a lock: must be an object, current value is ${typeof options}`);
  }
  const { mode: given = "exclusive", limit, weight, signal, timeout, ...flags } = (options ?? {}) as LockOptions;
  const ifAvailable = Boolean(flags.ifAvailable);
  const mode = modeOf(given);
  requireAbortSignal(signal);
  const steal = Boolean(flags.steal);
  requireCompatible({ names, mode, ifAvailable, steal, hasSignal: signal !== undefined });
  signal?.throwIfAborted();
  requireWaitOptions({ timeout });
  if (names.length === 0 || new Set(names).size < names.length) {
    throw badParameter("name", "one name or more, each once", names);
  }
  const long = names.find(isTooLong);
  if (long !== undefined) throw badParameter("name", `at most ${LONGEST_NAME} bytes as JSON in ASCII`, long);
  return { names, claim: claimOf(mode, limit, weight), ifAvailable, steal, signal, timeout };
}

/** Reports whether a name does not fit into a ticket. A unit of it takes up to six bytes there. */
const isTooLong = (name: string): boolean => name.length > LONGEST_NAME / 6 && nameToJson(name).length > LONGEST_NAME;

function modeOf(mode: unknown): LockMode {
  const text = `${mode}`;
  if (text === "exclusive" || text === "shared") return text;
  throw new TypeError(`Cannot use "mode": must be "exclusive" or "shared", current value is "${text}"`);
}

function requireAbortSignal(signal: unknown): void {
  if (signal === undefined) return;
  const { aborted, addEventListener } = (signal ?? {}) as Partial<AbortSignal>;
  if (typeof aborted === "boolean" && typeof addEventListener === "function") return;
  throw new TypeError('Cannot use "signal": must be an AbortSignal');
}

interface Compatible extends Pick<CheckedRequest, "names" | "ifAvailable" | "steal"> {
  readonly mode: LockMode;
  readonly hasSignal: boolean;
}

function requireCompatible({ names, mode, ifAvailable, steal, hasSignal }: Compatible): void {
  const odd = names.find((name) => name.startsWith("-"));
  if (odd !== undefined) throw notSupported(`a name must not begin with "-", current value is ${show(odd)}`);
  if (steal && ifAvailable) throw notSupported('"steal" and "ifAvailable" exclude each other');
  if (steal && mode !== "exclusive") throw notSupported('"steal" needs the mode "exclusive"');
  if (hasSignal && (steal || ifAvailable)) throw notSupported('"signal" excludes "steal" and "ifAvailable"');
}

const notSupported = (why: string): DOMException =>
  new DOMException(`Cannot request a lock: ${why}`, "NotSupportedError");

function claimOf(mode: LockMode, limit: number | undefined, weight: number | undefined): Claim {
  if (limit !== undefined && mode === "exclusive") throw badParameter("limit", "absent for an exclusive lock", limit);
  if (limit !== undefined && !isWhole(limit)) throw badParameter("limit", "a whole number of 1 or more", limit);
  if (weight === undefined) return { mode, limit: limit ?? null, weight: 1 };
  if (limit === undefined) throw badParameter("weight", 'absent if there is no "limit"', weight);
  if (!isWhole(weight) || weight > limit) throw badParameter("weight", `a whole number from 1 to ${limit}`, weight);
  return { mode, limit, weight };
}

const isWhole = (value: number): boolean => Number.isSafeInteger(value) && value >= 1;
