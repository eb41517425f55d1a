/** How long a request may take that tries once. */

import type { Clock } from "../base/clock.ts";
import { ConnectionError, show } from "../base/errors.ts";
import { Timers } from "../base/timers.ts";

/** Ends a request that tries once. Only a store that contradicts itself keeps it from its answer for that long. */
export class TryLimit {
  readonly #timers: Timers;
  readonly #start: () => void;
  readonly #asked = new Set<string>();

  /** Calls `late` after `ms` milliseconds. `name`: that of the lock. */
  constructor(clock: Clock, { name, ms }: { name: string; ms: number }, late: (error: ConnectionError) => void) {
    const message = `Cannot tell within ${ms} ms whether lock ${show(name)} is free`;
    this.#timers = new Timers(clock);
    this.#start = () => this.#timers.after(ms, () => late(new ConnectionError("timeout", message)));
    this.#start();
  }

  /** Begins anew, once for each session that is asked whether it lives. */
  extend(session: string): void {
    if (this.#asked.has(session)) return;
    this.#asked.add(session);
    this.#timers.stop();
    this.#start();
  }

  /** The request has ended. */
  stop(): void {
    this.#timers.stop();
  }
}
