/**
 * Handles signals. Before the command runs, a stopping signal ends the wait for the lock. While the command runs, it
 * gets all signals. When it has ended after a stopping signal, the lock is released and the program ends.
 */

import type { Clock } from "@x/natslock";
import process from "node:process";
import { isatty } from "node:tty";
import type { Child } from "./child.ts";
import { Stopped } from "./exit.ts";
import { say } from "./say.ts";

/** Signals that ask to stop. */
const STOPPING = ["SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT"] as const;
/** Signals that are only passed on to the command. */
const OTHERS = ["SIGUSR1", "SIGUSR2", "SIGWINCH"] as const;

/** Signals that a terminal sends to natslock and to the command. */
const FROM_KEYBOARD: ReadonlySet<NodeJS.Signals> = new Set(["SIGINT", "SIGQUIT"]);

/**
 * A terminal sends Ctrl-C only to processes that already run. If the key was pressed just before the command started,
 * natslock may handle the signal only after the start, and the command has not received it. So natslock passes on
 * signals that come within this time after the start, in milliseconds.
 */
const START = 500;

/** From this time after a stop, another signal ends a wait for the server, in milliseconds. */
const PATIENCE = 2000;

/** Listens to signals until it is disposed. */
export class Signals {
  readonly #clock: Clock;
  readonly #listeners: readonly (readonly [NodeJS.Signals, () => void])[];
  readonly #stop = new AbortController();
  readonly #hasTerminal = [0, 1, 2].some((stream) => isatty(stream));
  #child: Child | null = null;
  #childSince = 0;
  #asked: NodeJS.Signals | null = null;

  /** Starts to listen. */
  constructor(clock: Clock) {
    this.#clock = clock;
    const names: readonly NodeJS.Signals[] = [...STOPPING, ...OTHERS];
    this.#listeners = names.map((name) => [name, () => this.#hear(name)]);
    for (const [name, listener] of this.#listeners) listen(name, listener);
  }

  /** Aborts with {@linkcode Stopped} after a stopping signal: at once, or when the running command has ended. */
  get stop(): AbortSignal {
    return this.#stop.signal;
  }

  /** The latest stopping signal, also if it was passed on to the command. */
  get asked(): NodeJS.Signals | null {
    return this.#asked;
  }

  /** Passes signals on to the command until the result is disposed. A stopping signal then takes effect. */
  pass(child: Child): Disposable {
    this.#child = child;
    this.#childSince = this.#clock.now();
    return {
      [Symbol.dispose]: () => {
        this.#child = null;
        if (this.#asked !== null) this.#halt(this.#asked);
      },
    };
  }

  /** Stops listening. Signals then have their default effect. */
  [Symbol.dispose](): void {
    for (const [name, listener] of this.#listeners) process.removeListener(name, listener);
  }

  #hear(name: NodeJS.Signals): void {
    const isStop = STOPPING.some((one) => one === name);
    if (isStop) this.#asked = name;
    if (this.#child === null) {
      if (isStop) this.#halt(name);
    } else if (!isStop) this.#child.signalAlone(name);
    else if (!this.#wasSentToBoth(name)) this.#child.signal(name);
  }

  #halt(by: NodeJS.Signals): void {
    if (this.#stop.signal.aborted) return;
    this.#stop.abort(new Stopped(by));
    this.#clock.after(PATIENCE, () => {
      say("Still waiting for the server; send another signal to exit and let the lease expire by itself");
      this[Symbol.dispose]();
    });
  }

  #wasSentToBoth(name: NodeJS.Signals): boolean {
    return this.#hasTerminal && FROM_KEYBOARD.has(name) && this.#clock.now() - this.#childSince > START;
  }
}

function listen(name: NodeJS.Signals, listener: () => void): void {
  try {
    process.on(name, listener);
  } catch {
    // The system does not have this signal.
  }
}

/** Ends this process by the signal, as if it had not been caught. A shell loop around natslock then ends as well. */
export async function dieBy(signal: NodeJS.Signals, clock: Clock): Promise<void> {
  if (signal !== "SIGINT" && signal !== "SIGTERM" && signal !== "SIGHUP") return;
  process.kill(process.pid, signal);
  await new Promise<void>((done) => clock.after(50, done));
}
