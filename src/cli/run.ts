/** `natslock run`: holds a lock while a command runs. */

import type { NatsConnection } from "@nats-io/nats-core";
import { constants } from "node:os";
import { newKeyValue } from "../bucket.ts";
import type { CandidateOptions } from "../candidate.ts";
import { type Clock, SystemClock } from "../clock.ts";
import type { Lease } from "../lease.ts";
import { Locker } from "../locker.ts";
import { wait } from "../patience.ts";
import { leaseTiming } from "../timing.ts";
import type { Ending } from "./child.ts";
import { connect } from "./connect.ts";
import { duration } from "./duration.ts";
import { CliError, EXIT, Stopped } from "./exit.ts";
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

/** What is to be run, and under which key. */
export interface Job {
  readonly key: string;
  readonly command: readonly string[];
}

/** The lease length of a bucket that is made by the way, in milliseconds. */
export const DEFAULT_TTL = 15_000;

/** Longest wait for the server once all is done, in milliseconds. */
const LONGEST_GOODBYE = 3000;

interface Run {
  readonly job: Job;
  readonly flags: RunFlags;
  readonly timeout: number | undefined;
  readonly ttl: number | undefined;
  readonly grace: number | undefined;
  readonly clock: Clock;
  readonly signals: Signals;
}

/** Runs the command under the lock; gives the exit code of the program. */
export async function run(job: Job, flags: RunFlags): Promise<number> {
  const times = timesOf(flags);
  const clock = new SystemClock();
  const signals = new Signals(clock);
  let ending: Ending;
  try {
    ending = await connected({ job, flags, ...times, clock, signals });
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
    throw new CliError(EXIT.usage, `Cannot use --try with ${other}`, "leave one of them out");
  }
  if (keepTrying && timeout !== undefined) {
    throw new CliError(EXIT.usage, "Cannot use --keep-trying with --timeout", "leave one of them out");
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
  const { signals, clock, flags } = run;
  const nc = await unlessStopped(signals.stop, connect(flags));
  try {
    return await opened(nc, run);
  } finally {
    await within(LONGEST_GOODBYE, clock, nc.close());
  }
}

async function opened(nc: NatsConnection, run: Run): Promise<Ending> {
  const { signals, clock, grace, job, flags } = run;
  const tenure = new Tenure({ ...job, grace, clock, signals, quiet: flags.quiet ?? false });
  const locker = await unlessStopped(signals.stop, lockerOf(nc, tenure, run));
  tenure.locker = locker;
  try {
    return await held(locker, tenure, run);
  } finally {
    await within(LONGEST_GOODBYE, clock, locker.close());
  }
}

/** The bucket's own lease length holds unless another is asked for. */
async function lockerOf(nc: NatsConnection, tenure: Tenure, { job, flags, ttl }: Run): Promise<Locker> {
  const candidate: CandidateOptions = {
    key: job.key,
    name: flags.name ?? nameOf(job.command),
    meta: metaOf(job.command),
    logger: sayingLogger(flags.verbose),
    onEvent: (event) => tenure.hear(event),
  };
  const { bucket } = flags;
  if (ttl !== undefined) return await Locker.open({ ...candidate, nc, bucket, ttl });
  return new Locker({ ...candidate, kv: await newKeyValue(nc, bucket, DEFAULT_TTL) });
}

async function held(locker: Locker, tenure: Tenure, { flags, timeout, signals, job }: Run): Promise<Ending> {
  const { stop: signal } = signals;
  const work = (lease: Lease) => tenure.work(lease);
  if (flags.keepTrying) return await campaign(locker, tenure, signal);
  if (!flags.try) return await locker.run(work, { signal, ...(timeout === undefined ? {} : { timeout }) });
  const lease = await unlessStopped(signal, locker.tryAcquire());
  if (lease === null) {
    const next = `see who with "natslock status ${job.key}"`;
    throw new CliError(EXIT.notAcquired, `Cannot take key "${job.key}": another holds it`, next);
  }
  const ending = await work(lease);
  if (lease.signal.aborted) throw lease.signal.reason;
  await lease.release().catch(() => {});
  return ending;
}

/** The command runs at each win, until a signal ends the campaign: then as the command ended, if it did. */
async function campaign(locker: Locker, tenure: Tenure, signal: AbortSignal): Promise<Ending> {
  const work = async (lease: Lease) => {
    tenure.last = null;
    const { code, signal: by } = await tenure.work(lease);
    if (!signal.aborted && !lease.signal.aborted) say(`The command ended with ${by ?? code}; campaigns again`);
  };
  try {
    await locker.lead(work, { signal });
  } catch (error) {
    if (!signal.aborted || tenure.last === null) throw error;
  }
  return tenure.last ?? { code: EXIT.done, signal: null };
}

/** What comes of the work, unless a signal asks to stop before. */
function unlessStopped<T>(stop: AbortSignal, work: Promise<T>): Promise<T> {
  work.catch(() => {});
  return Promise.race([work, wait<never>(stop, () => () => {})]);
}

/** Waits for what cannot fail, but not for ever. */
async function within(ms: number, clock: Clock, work: Promise<unknown>): Promise<void> {
  let cancel = () => {};
  const tooLong = new Promise<void>((done) => cancel = clock.after(ms, done));
  await Promise.race([work.catch(() => {}), tooLong]);
  cancel();
}
