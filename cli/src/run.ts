/** `natslock run` and `natslock hold`: hold a lock while a command runs, or until a signal. */

import { LeaseLostError, type LockEvent } from "@x/natslock";
import { onAbort, SystemClock, wait } from "@x/natslock/internal";
import type { NatsConnection } from "@nats-io/nats-core";
import { constants } from "node:os";
import { campaign } from "./campaign.ts";
import type { Candidate, Held } from "./candidate.ts";
import type { Ending } from "./child.ts";
import { connect } from "./connect.ts";
import { endOf } from "./end_of.ts";
import { CliError, EXIT, Stopped } from "./exit.ts";
import { Goodbye } from "./goodbye.ts";
import { metaOf, nameOf } from "./identity.ts";
import { candidateFor } from "./lock_bucket.ts";
import { Pulse } from "./pulse.ts";
import { holdPlanOf, type Job, type Plan, planOf, type Run, type RunFlags, statusCommand } from "./run_plan.ts";
import { say, sayingLogger } from "./say.ts";
import { dieBy, Signals } from "./signals.ts";
import { Tenure } from "./tenure.ts";

/** Runs a command while holding the lock. Returns the exit code of the program. */
export async function run(job: Job, flags: RunFlags): Promise<number> {
  return await carriedOut(planOf(job, flags));
}

/** Holds the lock until a signal, or until it is lost. Returns the exit code of the program. */
export async function hold(key: string, flags: RunFlags): Promise<number> {
  return await carriedOut(holdPlanOf(key, flags));
}

async function carriedOut(plan: Plan): Promise<number> {
  const clock = new SystemClock();
  const signals = new Signals(clock);
  let ending: Ending;
  try {
    ending = await connected({ plan, clock, signals, goodbye: new Goodbye(clock) });
  } catch (error) {
    const cause = signals.stop.aborted ? signals.stop.reason : error;
    if (!(cause instanceof Stopped)) return failed(endOf(error), plan);
    ending = { code: null, signal: cause.by };
  } finally {
    signals[Symbol.dispose]();
  }
  if (ending.signal === null) return ending.code ?? EXIT.done;
  await dieBy(ending.signal, clock);
  return EXIT.signalled + (constants.signals[ending.signal] ?? 0);
}

/** Reports an error with the exit code and in the words that the user chose. */
function failed(end: CliError, plan: Plan): number {
  const { exitCode, message, next } = end;
  const { conflict, command: words, flags } = plan;
  // What follows a loss is about the command.
  if (exitCode === EXIT.lost && words === null) throw new CliError(exitCode, message);
  if (exitCode !== EXIT.notAcquired) throw end;
  // The library counts in milliseconds.
  const typed = message.replace(/within [\d.]+ ms/, `within ${flags.timeout}`);
  const command = next.replace('"natslock status"', `"${statusCommand(plan)}"`);
  if (!flags.quiet) say(command === "" ? typed : `${typed}; ${command}`);
  return conflict;
}

async function connected(run: Run): Promise<Ending> {
  const { signals, goodbye, plan } = run;
  const stopping = onAbort(signals.stop, () => goodbye.begin());
  try {
    const nc = await unlessStopped(signals.stop, connect(plan.flags));
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
  const { signals, clock, plan, goodbye } = run;
  const { key, command, grace, flags } = plan;
  const tenure = new Tenure({ key, command: command ?? [], grace, clock, signals, quiet: flags.quiet ?? false });
  const following = tenure.outage.follow(nc);
  const pulse = new Pulse(clock, tenure.outage);
  const words = command ?? ["hold"];
  const about = { name: flags.name ?? nameOf(words), meta: metaOf(words), logger: sayingLogger(flags.verbose) };
  const onEvent = (event: LockEvent) => {
    tenure.hear(event);
    // A single try ends by itself if NATS does not answer.
    if (plan.once && event.type === "acquired") pulse.start(nc);
  };
  try {
    const candidate = await unlessStopped(signals.stop, candidateFor(run, nc, { ...about, onEvent }));
    if (!plan.once) pulse.start(nc);
    tenure.candidate = candidate;
    try {
      return await held(candidate, tenure, run);
    } finally {
      await goodbye.within(candidate.close());
    }
  } finally {
    pulse[Symbol.dispose]();
    following[Symbol.dispose]();
  }
}

/**
 * Returns how the command ended. Waits for the release at most as long as {@linkcode Goodbye} allows. After that time
 * the lease is left to expire.
 */
async function held(candidate: Candidate, tenure: Tenure, run: Run): Promise<Ending> {
  const { goodbye, signals, plan: { key, flags } } = run;
  const all = flags.keepTrying ? campaign(candidate, tenure, run) : once(candidate, tenure, run);
  const ending = await Promise.race([all, goodbye.over]);
  if (ending) return ending;
  if (tenure.latest === null) throw signals.stop.reason;
  say(`Cannot release "${key}": NATS does not answer; its lease expires by itself`);
  return await tenure.latest;
}

/** Does the work under one lease. Waits for the lease, or with --try fails if another candidate holds the lock. */
async function once(candidate: Candidate, tenure: Tenure, run: Run): Promise<Ending> {
  const { plan: { once: isOneTry, timeout, key, atLeast }, signals: { stop: signal }, goodbye } = run;
  const work = (held: Held) => tenure.workAtLeast(held, atLeast).finally(() => goodbye.begin());
  try {
    if (!isOneTry) return await candidate.run(work, { signal, ...(timeout === undefined ? {} : { timeout }) });
    const held = await unlessStopped(signal, candidate.tryAcquire());
    if (held === null) {
      const next = `see the holder with "${statusCommand(run.plan)}"`;
      throw new CliError(EXIT.notAcquired, `Cannot take key "${key}": another candidate holds it`, next);
    }
    const ending = await work(held);
    await held.release().catch(() => {});
    return ending;
  } catch (error) {
    // The command ended within its lease, which was lost later, during --at-least.
    if (error instanceof LeaseLostError && tenure.last !== null) return tenure.last;
    throw error;
  }
}

/** Waits for the work. Rejects as soon as a signal asks to stop. */
function unlessStopped<T>(stop: AbortSignal, work: Promise<T>): Promise<T> {
  work.catch(() => {});
  return Promise.race([work, wait<never>(stop, () => () => {})]);
}
