/** What `natslock run` and `natslock hold` are asked to do: their flags, checked. */

import { BadParameterError, type Clock } from "@x/natslock";
import { candidateOf, leaseTiming, systemRandom } from "@x/natslock/internal";
import { type Claim, type ClaimFlags, claimOf } from "./claim.ts";
import { duration, shortly } from "./duration.ts";
import { CliError, EXIT } from "./exit.ts";
import type { Goodbye } from "./goodbye.ts";
import type { ConnectionFlags } from "./settings.ts";
import { wordOf } from "./shell_words.ts";
import type { Signals } from "./signals.ts";
import { withFlags } from "./typed.ts";

/** The flags of `natslock run`. `natslock hold` has those that do not concern a command. */
export interface RunFlags extends ConnectionFlags, ClaimFlags {
  readonly try?: boolean;
  readonly timeout?: string;
  readonly ttl?: string;
  readonly create?: boolean;
  readonly conflictExitCode?: string;
  readonly name?: string;
  readonly quiet?: boolean;
  readonly shell?: string;
  readonly atLeast?: string;
  readonly grace?: string;
  readonly keepTrying?: boolean;
}

/** The key of the lock, and the words of the command to run. */
export interface Job {
  readonly key: string;
  /** Empty if there is none: `natslock hold`, or `--shell`. */
  readonly command: readonly string[];
}

/** What to do. Times are in milliseconds. */
export interface Plan {
  /** The key; several keys as they stand in a message, with quotes between them. */
  readonly key: string;
  readonly claim: Claim;
  /** The command. `null` = hold the lock until a signal. */
  readonly command: readonly string[] | null;
  readonly flags: RunFlags;
  /** True for one try, without waiting. */
  readonly once: boolean;
  readonly timeout: number | undefined;
  readonly ttl: number | undefined;
  readonly grace: number | undefined;
  readonly atLeast: number;
  /** Exit code if the lock was not acquired. */
  readonly conflict: number;
}

/** One run of natslock: what to do, and what all of its parts share. */
export interface Run {
  readonly plan: Plan;
  readonly clock: Clock;
  readonly signals: Signals;
  readonly goodbye: Goodbye;
}

/** Checks the flags of `natslock run`. @throws {CliError} if they cannot be used */
export function planOf({ key, command }: Job, flags: RunFlags): Plan {
  const { shell } = flags;
  if (shell !== undefined && command.length > 0) {
    const next = "use only one of them, or put the whole command line in one pair of quotes";
    throw new CliError(EXIT.usage, `Cannot use --shell with the command "${command[0]}"`, next);
  }
  if (shell === undefined && command.length === 0) {
    throw new CliError(EXIT.usage, "missing required argument 'command'");
  }
  return holdPlanOf(key, flags, shell === undefined ? command : ["sh", "-c", shell]);
}

/** Checks the flags of `natslock hold`. @throws {CliError} if they cannot be used */
export function holdPlanOf(key: string, flags: RunFlags, command: Plan["command"] = null): Plan {
  requireOneOf(flags);
  requireName(flags);
  const claim = claimOf(key, flags);
  const time = (name: "timeout" | "ttl" | "grace" | "atLeast", flag = `--${name}`) => {
    const text = flags[name];
    return text === undefined ? undefined : duration(text, flag);
  };
  const [timeout, ttl] = [time("timeout"), time("ttl")];
  if (ttl !== undefined) requireLease(ttl, flags.ttl);
  return {
    ...{
      key: claim.names.join('", "'),
      claim,
      command,
      flags,
      timeout,
      ttl,
      grace: time("grace"),
      atLeast: time("atLeast", "--at-least") ?? 0,
    },
    once: flags.try === true || timeout === 0,
    conflict: conflictCode(flags.conflictExitCode),
  };
}

function requireOneOf({ try: once, timeout, keepTrying }: RunFlags): void {
  const given = Object.entries({ "--try": once, "--keep-trying": keepTrying, "--timeout": timeout !== undefined });
  const [first, second] = given.filter(([, isGiven]) => isGiven).map(([flag]) => flag);
  if (second === undefined) return;
  throw new CliError(EXIT.usage, `Cannot use ${first} with ${second}`, "use only one of them");
}

/** Checks the name of the holder before anything is sent. The bucket decides which keys a lock can have. */
function requireName({ name }: RunFlags): void {
  try {
    candidateOf(name === undefined ? {} : { name }, systemRandom);
  } catch (error) {
    if (!(error instanceof BadParameterError)) throw error;
    throw new CliError(EXIT.usage, withFlags(error.message));
  }
}

/** Checks that a lease of this length has room for its renewals. */
function requireLease(ttl: number, text = ""): void {
  try {
    leaseTiming(ttl);
  } catch {
    throw new CliError(EXIT.usage, `Cannot use --ttl "${text}": must be at least ${shortly(100)}`);
  }
}

function conflictCode(text = `${EXIT.notAcquired}`): number {
  const code = Number(text);
  if (/^\d+$/.test(text) && code <= 255) return code;
  throw new CliError(EXIT.usage, `Cannot use --conflict-exit-code "${text}": must be a number from 0 to 255`);
}

/** Returns the flag that names the bucket in a command to type; empty for the bucket that natslock uses by default. */
export function bucketFlag({ bucket }: Pick<ConnectionFlags, "bucket">): string {
  return bucket === "locks" ? "" : ` --bucket ${bucket}`;
}

/** Returns the command that shows the locks of a plan. */
export function statusCommand({ claim: { names }, flags }: Pick<Plan, "claim" | "flags">): string {
  return `natslock status ${names.map(wordOf).join(" ")}${bucketFlag(flags)}`;
}
