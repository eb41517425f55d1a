/** One command under one lease, at each time that the lock is held. */

import process from "node:process";
import type { Clock } from "../clock.ts";
import { LeaseLostError } from "../errors.ts";
import type { LockEvent } from "../events.ts";
import type { Lease } from "../lease.ts";
import type { Locker } from "../locker.ts";
import { onAbort } from "../patience.ts";
import { leaseTiming } from "../timing.ts";
import { Child, type Ending } from "./child.ts";
import { shortly } from "./duration.ts";
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
  /** True if waits are not to be spoken of. */
  readonly quiet: boolean;
}

/** From here on a wait is worth a line, in milliseconds. */
const NOTICEABLE = 2000;

/** Runs the command whenever the lock is held, and ends it when the lock is lost. */
export class Tenure {
  /** Whose lock it is; set once it is there. */
  locker: Locker | null = null;
  /** How the latest command ended; `null` while there was none. */
  last: Ending | null = null;
  readonly #options: TenureOptions;
  /** When the lease is over by our clock. */
  #endsAt = 0;
  #hush = () => {};

  /** Starts nothing yet. */
  constructor(options: TenureOptions) {
    this.#options = options;
  }

  /** Takes in what happens to the candidate, and says what people should know. */
  hear(event: LockEvent): void {
    const { key, clock, quiet } = this.#options;
    if (event.type === "waiting" && !quiet) {
      this.#hush();
      this.#hush = clock.after(NOTICEABLE, () => void this.#sayWait(event.holder));
    } else if (event.type === "acquired") this.#hush();
    else if (event.type === "renewed") this.#endsAt = clock.now() + event.remaining;
    else if (event.type === "at_risk") {
      say(`Cannot renew the lease of "${key}"; it ends in ${shortly(event.remaining)}`);
    } else if (event.type === "release_failed") {
      say(`Cannot give "${key}" back: ${event.error.message}; its lease runs out by itself`);
    }
  }

  /** Runs the command until it ends, or is ended since the lease is. */
  async work(lease: Lease): Promise<Ending> {
    const { command, clock, signals } = this.#options;
    this.#endsAt = clock.now() + lease.remaining;
    const grace = await this.#grace();
    signals.stop.throwIfAborted();
    lease.signal.throwIfAborted();
    const child = new Child(command, this.#environment(lease));
    const passing = signals.pass(child);
    let cleared: Promise<void> | undefined;
    const loss = onAbort(lease.signal, () => cleared = this.#end(child, lease, grace));
    try {
      this.last = await child.ended;
      await cleared;
      child.restoreTerminal(this.last);
      return this.last;
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
    say(`Lost "${key}" (${signal.reason.why}): sends TERM, and KILL in ${shortly(left)}`);
    await child.end(clock, left);
  }

  async #sayWait(holder: string): Promise<void> {
    const leader = await this.locker?.leader().catch(() => null);
    const since = leader?.since ? ` since ${new Date(leader.since).toISOString()}` : "";
    const name = leader?.name ? ` (${leader.name})` : "";
    say(`Waiting for "${this.#options.key}", held by ${leader?.holder || holder || "a stranger"}${name}${since}`);
  }
}
