/** `natslock run`: runs a command while holding a lock. */

import { type CandidateOptions, type Clock, type Lease, Locker, newKeyValue } from "@x/natslock";
import { leaseTiming, onAbort, SystemClock, wait } from "@x/natslock/internal";
import type { NatsConnection } from "@nats-io/nats-core";
import { constants } from "node:os";
import type { Ending } from "./child.ts";
import { connect } from "./connect.ts";
import { jetstreamOptions } from "./domain.ts";
import { duration } from "./duration.ts";
import { endOf } from "./end_of.ts";
import { CliError, EXIT, Stopped } from "./exit.ts";
import { Goodbye } from "./goodbye.ts";
import { metaOf, nameOf } from "./identity.ts";
import { say, sayingLogger } from "./say.ts";
import type { ConnectionFlags } from "./settings.ts";
import { dieBy, Signals } from "./signals.ts";
import { Tenure } from "./tenure.ts";

/** The flags of `natslock run`. */
export interface RunFlags extends ConnectionFlags {
  readonly try?: boolean;
  readonly timeout?: string;
  readonly ttl?: string;
  readonly grace?: string;
  readonly keepTrying?: boolean;
  readonly name?: string;
  readonly quiet?: boolean;
}

/** The command to run, and the key of the lock. */
export interface Job {
  readonly key: string;
  readonly command: readonly string[];
}

/** Lease length of the bucket if `natslock run` has to create it, in milliseconds. */
export const DEFAULT_TTL = 15_000;

interface Run {
  readonly job: Job;
  readonly flags: RunFlags;
  readonly timeout: number | undefined;
  readonly ttl: number | undefined;
  readonly grace: number | undefined;
  readonly clock: Clock;
  readonly signals: Signals;
  readonly goodbye: Goodbye;
}

/** Runs the command while holding the lock. Returns the exit code of the program. */
export async function run(job: Job, flags: RunFlags): Promise<number> {
  const times = timesOf(flags);
  const clock = new SystemClock();
  const signals = new Signals(clock);
  let ending: Ending;
  try {
    ending = await connected({ job, flags, ...times, clock, signals, goodbye: new Goodbye(clock) });
  } catch (error) {
    const cause = signals.stop.aborted ? signals.stop.reason : error;
    if (!(cause instanceof Stopped)) throw error;
    ending = { code: null, signal: cause.by };
  } finally {
    signals[Symbol.dispose]();
  }
  if (ending.signal === null) return ending.code ?? EXIT.done;
  await dieBy(ending.signal, clock);
  return EXIT.signalled + (constants.signals[ending.signal] ?? 0);
}

function timesOf(flags: RunFlags): Pick<Run, "timeout" | "ttl" | "grace"> {
  const { try: once, timeout, keepTrying } = flags;
  if (once && (timeout !== undefined || keepTrying)) {
    const other = keepTrying ? "--keep-trying" : "--timeout";
    throw new CliError(EXIT.usage, `Cannot use --try with ${other}`, "use only one of them");
  }
  if (keepTrying && timeout !== undefined) {
    throw new CliError(EXIT.usage, "Cannot use --keep-trying with --timeout", "use only one of them");
  }
  const time = (name: "timeout" | "ttl" | "grace") => {
    const text = flags[name];
    return text === undefined ? undefined : duration(text, `--${name}`);
  };
  const times = { timeout: time("timeout"), ttl: time("ttl"), grace: time("grace") };
  if (times.ttl !== undefined) leaseTiming(times.ttl);
  return times;
}

async function connected(run: Run): Promise<Ending> {
  const { signals, goodbye, flags } = run;
  const stopping = onAbort(signals.stop, () => goodbye.begin());
  try {
    const nc = await unlessStopped(signals.stop, connect(flags));
    try {
      return await opened(nc, run);
    } finally {
      await goodbye.within(nc.close());
    }
  } finally {
    stopping[Symbol.dispose]();
    goodbye[Symbol.dispose]();
  }
}

async function opened(nc: NatsConnection, run: Run): Promise<Ending> {
  const { signals, clock, grace, job, flags, goodbye } = run;
  const tenure = new Tenure({ ...job, grace, clock, signals, quiet: flags.quiet ?? false });
  const following = tenure.outage.follow(nc);
  try {
    const locker = await unlessStopped(signals.stop, lockerOf(nc, tenure, run));
    tenure.locker = locker;
    try {
      return await held(locker, tenure, run);
    } finally {
      await goodbye.within(locker.close());
    }
  } finally {
    following[Symbol.dispose]();
  }
}

/** Uses the lease length of the bucket, unless --ttl sets another. */
async function lockerOf(nc: NatsConnection, tenure: Tenure, { job, flags, ttl }: Run): Promise<Locker> {
  const candidate: CandidateOptions = {
    key: job.key,
    name: flags.name ?? nameOf(job.command),
    meta: metaOf(job.command),
    logger: sayingLogger(flags.verbose),
    onEvent: (event) => tenure.hear(event),
  };
  const { bucket } = flags;
  const place = jetstreamOptions(flags);
  if (ttl !== undefined) return await Locker.open({ ...candidate, ...place, nc, bucket, ttl });
  return new Locker({ ...candidate, kv: await newKeyValue(nc, bucket, DEFAULT_TTL, place) });
}

/**
 * Returns how the command ended. Waits for the release at most as long as {@linkcode Goodbye} allows. After that time
 * the lease is left to expire.
 */
async function held(locker: Locker, tenure: Tenure, run: Run): Promise<Ending> {
  const { goodbye, signals, job, flags } = run;
  const all = flags.keepTrying ? campaign(locker, tenure, run) : once(locker, tenure, run);
  const ending = await Promise.race([all, goodbye.over]);
  if (ending) return ending;
  if (tenure.latest === null) throw signals.stop.reason;
  say(`Cannot release "${job.key}": NATS does not answer; its lease expires by itself`);
  return await tenure.latest;
}

/** Runs the command under one lease. Waits for the lease, or with --try fails if another candidate holds the lock. */
async function once(locker: Locker, tenure: Tenure, run: Run): Promise<Ending> {
  const { flags, timeout, job: { key }, signals: { stop: signal }, goodbye } = run;
  const work = (lease: Lease) => tenure.work(lease).finally(() => goodbye.begin());
  if (!flags.try) return await locker.run(work, { signal, ...(timeout === undefined ? {} : { timeout }) });
  const lease = await unlessStopped(signal, locker.tryAcquire());
  if (lease === null) {
    const next = `see the holder with "natslock status ${key}"`;
    throw new CliError(EXIT.notAcquired, `Cannot take key "${key}": another candidate holds it`, next);
  }
  const ending = await work(lease);
  await lease.release().catch(() => {});
  return ending;
}

/**
 * Runs the command after each grant until a signal ends the campaign. Returns how the latest command ended, if it ended
 * within its lease. Otherwise rejects with the reason of the signal.
 */
async function campaign(locker: Locker, tenure: Tenure, { signals: { stop: signal }, goodbye }: Run): Promise<Ending> {
  const work = async (lease: Lease) => {
    tenure.last = null;
    try {
      const { code, signal: by } = await tenure.work(lease);
      if (!signal.aborted) say(`The command ended with ${by ?? code}; campaigning again`);
    } catch (error) {
      if (error === signal.reason) return;
      const { exitCode, message, next } = endOf(error);
      if (exitCode !== EXIT.lost) {
        goodbye.begin();
        throw error;
      }
      if (error instanceof CliError) say(`${message}; ${next}`);
    }
  };
  try {
    await locker.lead(work, { signal });
  } catch (error) {
    if (!signal.aborted || error !== signal.reason) throw error;
  }
  if (tenure.last === null) throw signal.reason;
  return tenure.last;
}

/** Waits for the work. Rejects as soon as a signal asks to stop. */
function unlessStopped<T>(stop: AbortSignal, work: Promise<T>): Promise<T> {
  work.catch(() => {});
  return Promise.race([work, wait<never>(stop, () => () => {})]);
}
