/** One command under one lease, at each time that the lock is held. */

import { type Clock, type Lease, LeaseLostError, type Locker, type LockEvent } from "@x/natslock";
import { leaseTiming, onAbort } from "@x/natslock/internal";
import process from "node:process";
import { Child, type Ending } from "./child.ts";
import { shortly } from "./duration.ts";
import { CliError, EXIT } from "./exit.ts";
import { Outage } from "./outage.ts";
import { say } from "./say.ts";
import type { Signals } from "./signals.ts";

/** What a {@linkcode Tenure} is made of. */
export interface TenureOptions {
  readonly key: string;
  readonly command: readonly string[];
  /** Time between TERM and KILL in milliseconds, if it is asked for. */
  readonly grace: number | undefined;
  readonly clock: Clock;
  readonly signals: Signals;
  /** True to print no line about a wait for another holder; trouble with NATS is printed all the same. */
  readonly quiet: boolean;
  /** Takes each line. Default: standard error. */
  readonly say?: (line: string) => void;
}

/** From here on a wait is worth a line, in milliseconds. */
const NOTICEABLE = 2000;

/** Runs the command whenever the lock is held, and ends it when the lock is lost. */
export class Tenure {
  /** Whose lock it is; set once it is there. */
  locker: Locker | null = null;
  /** How the latest command ended within its lease; `null` while there was none. */
  last: Ending | null = null;
  /** What the latest work comes to; `null` before the first. */
  latest: Promise<Ending> | null = null;
  /** What the connection and the candidate notice of an outage. */
  readonly outage: Outage;
  readonly #options: TenureOptions;
  readonly #say: (line: string) => void;
  /** When the lease is over by our clock; of the latest, if none is held; 0 before the first. */
  #endsAt = 0;
  #isHolding = false;
  /** What is going on, for people. */
  #doing: string;
  /** What was said of the present streak of failed renewals, and of a failed release. */
  readonly #said = new Set<LockEvent["type"]>();
  #hush = () => {};

  /** Starts nothing yet. */
  constructor(options: TenureOptions) {
    this.#options = options;
    this.#say = options.say ?? say;
    this.#doing = `trying to take "${options.key}"`;
    this.outage = new Outage({ meanwhile: () => this.#meanwhile(), say: this.#say });
  }

  /** Takes in what happens to the candidate, and says what people should know. */
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
      this.#doing = type === "lost" ? `ending what ran under "${key}"` : `giving "${key}" back`;
    } else this.#sayTrouble(event);
    this.outage.hear(event);
  }

  /**
   * Runs the command until it ends, or is ended since the lease is. Rejects with the lease's loss, and with a
   * {@linkcode CliError} if the lease was over by the clock before the command started or was seen to end.
   */
  work(lease: Lease): Promise<Ending> {
    return this.latest = this.#work(lease);
  }

  async #work(lease: Lease): Promise<Ending> {
    const { key, command, clock, signals } = this.#options;
    this.#endsAt = clock.now() + lease.remaining;
    const grace = await this.#grace();
    signals.stop.throwIfAborted();
    lease.signal.throwIfAborted();
    if (!lease.held) throw new CliError(EXIT.lost, `Lost "${key}" too soon: the command was not started`, "try again");
    const child = new Child(command, this.#environment(lease));
    const passing = signals.pass(child);
    let cleared: Promise<void> | undefined;
    const loss = onAbort(lease.signal, () => cleared = this.#end(child, lease, grace));
    try {
      const ending = await child.ended;
      await cleared;
      child.restoreTerminal(ending);
      requireHeld(lease);
      return this.last = ending;
    } finally {
      loss[Symbol.dispose]();
      passing[Symbol.dispose]();
    }
  }

  /** By default the command is gone before another can be granted, by half of what clocks may differ. */
  async #grace(): Promise<number> {
    const ttl = await this.locker?.ttl() ?? 0;
    return this.#options.grace ?? leaseTiming(ttl).margin / 2;
  }

  #environment({ key, token, epoch }: Lease): NodeJS.ProcessEnv {
    const NATSLOCK_HOLDER = this.locker?.id ?? "";
    return { ...process.env, NATSLOCK_KEY: key, NATSLOCK_TOKEN: `${token}`, NATSLOCK_EPOCH: epoch, NATSLOCK_HOLDER };
  }

  /** Who was stopped itself has no grace left to give: it counts from the end of the lease. */
  async #end(child: Child, { signal }: Lease, grace: number): Promise<void> {
    if (!(signal.reason instanceof LeaseLostError)) return;
    const { key, clock } = this.#options;
    const overdue = Math.max(0, clock.now() - this.#endsAt);
    const left = Math.max(0, grace - overdue);
    this.#say(`Lost "${key}" (${signal.reason.why}): sends TERM, and KILL in ${shortly(left)}`);
    await child.end(clock, left);
  }

  /** Renewals: the first failure of a streak, and that the lease is in danger. */
  #sayTrouble(event: LockEvent): void {
    const { key } = this.#options;
    if (this.#said.has(event.type)) return;
    this.#said.add(event.type);
    if (event.type === "renewal_failed") {
      const left = shortly(event.remaining);
      this.#say(`Could not renew the lease of "${key}": ${event.error.message}; tries again, ${left} are left`);
    } else if (event.type === "at_risk") {
      this.#say(`Cannot renew the lease of "${key}"; it ends in ${shortly(event.remaining)}`);
    } else if (event.type === "release_failed") {
      const [what, left] = this.#endsAt > 0
        ? [`give "${key}" back`, "its lease"]
        : [`make sure that nothing is left under "${key}"`, "what may stand there"];
      this.#say(`Cannot ${what}: ${event.error.message}; ${left} runs out by itself`);
    }
  }

  #meanwhile(): string {
    const { key, clock } = this.#options;
    const left = this.#endsAt - clock.now();
    return this.#isHolding && left > 0 ? `holding "${key}" for another ${shortly(left)}` : this.#doing;
  }

  async #sayWait(holder: string): Promise<void> {
    const leader = await this.locker?.leader().catch(() => null);
    const since = leader?.since ? ` since ${new Date(leader.since).toISOString()}` : "";
    const name = leader?.name ? ` (${leader.name})` : "";
    this.#say(`Waiting for "${this.#options.key}", held by ${leader?.holder || holder || "a stranger"}${name}${since}`);
  }
}

/** By the clock: what would tell of the loss may not have had its turn, as when this process was stopped. */
function requireHeld({ key, signal, held }: Lease): void {
  if (signal.reason instanceof LeaseLostError) throw signal.reason;
  if (held || signal.aborted) return;
  const message = `The lease of "${key}" had run out when natslock, stopped or busy until then, saw the command end`;
  throw new CliError(EXIT.lost, message, "check what the command did");
}
