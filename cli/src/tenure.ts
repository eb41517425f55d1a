/** Runs the command during each hold, under one lease at a time. */

import { type Clock, LeaseLostError, type LockEvent } from "@x/natslock";
import { leaseTiming, onAbort } from "@x/natslock/internal";
import process from "node:process";
import type { Candidate, Held } from "./candidate.ts";
import { Child, type Ending } from "./child.ts";
import { shortly } from "./duration.ts";
import { CliError, EXIT } from "./exit.ts";
import { keepOpen, keepUntil } from "./keeping.ts";
import { Outage } from "./outage.ts";
import { say } from "./say.ts";
import type { Signals } from "./signals.ts";

/** Options of a {@linkcode Tenure}. */
export interface TenureOptions {
  readonly key: string;
  /** The command and its arguments. Empty = hold the lock until a signal. */
  readonly command: readonly string[];
  /** Time between TERM and KILL in milliseconds. `undefined` = half of the margin. */
  readonly grace: number | undefined;
  readonly clock: Clock;
  readonly signals: Signals;
  /** True to print no line about waiting for another holder. Problems with NATS are still printed. */
  readonly quiet: boolean;
  /** Prints one line. Default: on standard error. */
  readonly say?: (line: string) => void;
}

/** A wait that takes longer than this is reported, in milliseconds. */
const NOTICEABLE = 2000;

/** Runs the command while the lock is held, and ends it when the lease is lost. */
export class Tenure {
  /** `null` until the bucket is open. */
  candidate: Candidate | null = null;
  /** How the latest command ended that ended within its lease; `null` if there is none. */
  last: Ending | null = null;
  /** The result of the latest call of `work`; `null` before the first. */
  latest: Promise<Ending> | null = null;
  /** Time on our clock when the latest command ended; 0 before the first. */
  endedAt = 0;
  /** Reports outages that the connection or the candidate notices. */
  readonly outage: Outage;
  readonly #options: TenureOptions;
  readonly #say: (line: string) => void;
  /** Time on our clock when the current or latest lease ends; 0 before the first lease. */
  #endsAt = 0;
  #isHolding = false;
  /** What the program is doing, for messages. */
  #doing: string;
  /** Events that were already reported in the current streak of failed renewals or releases. */
  readonly #said = new Set<LockEvent["type"]>();
  #hush = () => {};

  /** Creates a `Tenure`. Starts nothing. */
  constructor(options: TenureOptions) {
    this.#options = options;
    this.#say = options.say ?? say;
    this.#doing = `trying to take "${options.key}"`;
    this.outage = new Outage({ meanwhile: () => this.#meanwhile(), say: this.#say });
  }

  /** Handles an event of the candidate, and reports what the user should know. */
  hear(event: LockEvent): void {
    const { key, clock, quiet } = this.#options;
    const { type } = event;
    if (type === "waiting") {
      this.#doing = `waiting for "${key}"`;
      this.#hush();
      if (!quiet) this.#hush = clock.after(NOTICEABLE, () => void this.#sayWait(event.holder));
    } else if (type === "acquired") {
      this.#hush();
      this.#said.clear();
      this.#isHolding = true;
    } else if (type === "renewed") {
      this.#endsAt = clock.now() + event.remaining;
      this.#said.clear();
    } else if (type === "lost" || type === "released") {
      this.#isHolding = false;
      this.#doing = type === "lost" ? `stopping the command of "${key}"` : `releasing "${key}"`;
    } else this.#sayTrouble(event);
    this.outage.hear(event);
  }

  /**
   * Works as `work` does. Then keeps the lease until it was held for `least` milliseconds, unless a signal asks to stop.
   */
  async workAtLeast(lease: Held, least: number): Promise<Ending> {
    const { key, clock, signals: { stop }, quiet } = this.#options;
    const due = clock.now() + least;
    const ending = await this.work(lease);
    await keepUntil(due, lease, { key, clock, stop, say: quiet ? () => {} : this.#say });
    return ending;
  }

  /**
   * Runs the command until it ends, or until it was ended because the lease was lost. Without a command, holds the lock
   * until a signal asks to stop, and then rejects with the reason of that signal.
   *
   * @throws {LeaseLostError} if the lease was lost
   * @throws {CliError} if the lease was over by the clock before the command started or before its end was seen, or if
   * the command cannot be run
   */
  work(lease: Held): Promise<Ending> {
    const { key, command, clock, signals: { stop } } = this.#options;
    this.#endsAt = clock.now() + lease.remaining;
    return this.latest = command.length > 0 ? this.#work(lease) : keepOpen(lease, { key, stop });
  }

  async #work(lease: Held): Promise<Ending> {
    const { key, command, clock, signals } = this.#options;
    const grace = await this.#grace();
    signals.stop.throwIfAborted();
    lease.signal.throwIfAborted();
    if (!lease.held) {
      throw new CliError(EXIT.lost, `The lease of "${key}" expired before the command started`, "try again");
    }
    const child = new Child(command, this.#environment(lease));
    const passing = signals.pass(child, (again) => this.#hurry(child, again ? 0 : grace));
    const loss = onAbort(lease.signal, () => this.#end(child, lease, grace));
    try {
      const ending = await child.ended;
      this.endedAt = clock.now();
      await child.cleared;
      child.restoreTerminal(ending);
      requireHeld(lease);
      return this.last = ending;
    } finally {
      loss[Symbol.dispose]();
      passing[Symbol.dispose]();
    }
  }

  /**
   * Returns the time between TERM and KILL. The lease ends one margin before the server removes the record. By default
   * the command gets half of the margin, so it is gone before another candidate can be granted the lock. The other half
   * remains for clocks that run at different rates.
   */
  async #grace(): Promise<number> {
    const ttl = await this.candidate?.ttl() ?? 0;
    return this.#options.grace ?? leaseTiming(ttl).margin / 2;
  }

  #environment({ key, token, tokens, epoch }: Held): NodeJS.ProcessEnv {
    const NATSLOCK_HOLDER = this.candidate?.id ?? "";
    const NATSLOCK_TOKEN = `${token}`;
    const about = { NATSLOCK_HELD: "1", NATSLOCK_KEY: key, NATSLOCK_TOKEN, NATSLOCK_EPOCH: epoch, NATSLOCK_HOLDER };
    return { ...process.env, ...about, ...tokens === undefined ? {} : { NATSLOCK_TOKENS: tokens.join(" ") } };
  }

  /**
   * Ends the command after a loss. The grace counts from the end of the lease. If this process was itself stopped past
   * that time, no grace is left.
   */
  #end(child: Child, { signal }: Held, grace: number): void {
    if (!(signal.reason instanceof LeaseLostError)) return;
    const { key, clock } = this.#options;
    const overdue = Math.max(0, clock.now() - this.#endsAt);
    const left = Math.max(0, grace - overdue);
    this.#say(`Lost "${key}" (${signal.reason.why}): sending TERM, then KILL in ${shortly(left)}`);
    child.end(clock, left);
  }

  /** Ends the command after a second signal that asks to stop. */
  #hurry(child: Child, grace: number): void {
    this.#say(`Stopping the command of "${this.#options.key}": TERM, then KILL in ${shortly(grace)}`);
    child.end(this.#options.clock, grace);
  }

  /** Reports failed renewals, a lease at risk and failed releases: each type of event once per streak. */
  #sayTrouble(event: LockEvent): void {
    const { key } = this.#options;
    if (this.#said.has(event.type)) return;
    this.#said.add(event.type);
    if (event.type === "renewal_failed") {
      const left = shortly(event.remaining);
      this.#say(`Could not renew the lease of "${key}": ${event.error.message}; retrying, ${left} left`);
    } else if (event.type === "at_risk") {
      this.#say(`Cannot renew the lease of "${key}"; it ends in ${shortly(event.remaining)}`);
    } else if (event.type === "release_failed") {
      const [what, left] = this.#endsAt > 0
        ? [`release "${key}"`, "its lease"]
        : [`check for a leftover record of "${key}"`, "any such record"];
      this.#say(`Cannot ${what}: ${event.error.message}; ${left} expires by itself`);
    }
  }

  #meanwhile(): string {
    const { key, clock } = this.#options;
    const left = this.#endsAt - clock.now();
    return this.#isHolding && left > 0 ? `holding "${key}" for another ${shortly(left)}` : this.#doing;
  }

  async #sayWait(holder: string): Promise<void> {
    const leader = await this.candidate?.leader().catch(() => null);
    const { key, clock } = this.#options;
    const since = leader?.since ? ` for ${shortly(Math.max(0, clock.wall() - leader.since))}` : "";
    const who = leader?.name || leader?.holder || holder || "a foreign record";
    this.#say(`Waiting for "${key}", held by ${who}${since}`);
  }
}

/**
 * Checks by the clock that the lease was held when the command ended. The timer that aborts the lease's signal may not
 * have run yet, for example because this process was stopped.
 */
function requireHeld({ key, signal, held }: Held): void {
  if (signal.reason instanceof LeaseLostError) throw signal.reason;
  if (held || signal.aborted) return;
  const message = `The lease of "${key}" expired before natslock, which was stopped or busy, saw the command end`;
  throw new CliError(EXIT.lost, message, "check what the command did");
}
