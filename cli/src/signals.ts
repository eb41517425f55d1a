/** What signals mean: before the command runs they end the wait, then they are its own, then the release is due. */

import type { Clock } from "@x/natslock";
import process from "node:process";
import { isatty } from "node:tty";
import type { Child } from "./child.ts";
import { Stopped } from "./exit.ts";
import { say } from "./say.ts";

/** These ask to stop. */
const STOPPING = ["SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT"] as const;
/** These are the command's alone. */
const OTHERS = ["SIGUSR1", "SIGUSR2", "SIGWINCH"] as const;

/** A terminal sends these to the command as well. */
const FROM_KEYBOARD: ReadonlySet<NodeJS.Signals> = new Set(["SIGINT", "SIGQUIT"]);

/** A key pressed before the command was there is its own as well; so much later it has had its own, in ms. */
const START = 500;

/** A wait for the server that takes longer than this after a stop may be cut short by another signal, in ms. */
const PATIENCE = 2000;

/** Listens to signals until it is disposed of. */
export class Signals {
  readonly #clock: Clock;
  readonly #listeners: readonly (readonly [NodeJS.Signals, () => void])[];
  readonly #stop = new AbortController();
  readonly #hasTerminal = [0, 1, 2].some((stream) => isatty(stream));
  #child: Child | null = null;
  #childSince = 0;
  #asked: NodeJS.Signals | null = null;

  /** Begins to listen. */
  constructor(clock: Clock) {
    this.#clock = clock;
    const names: readonly NodeJS.Signals[] = [...STOPPING, ...OTHERS];
    this.#listeners = names.map((name) => [name, () => this.#hear(name)]);
    for (const [name, listener] of this.#listeners) listen(name, listener);
  }

  /** Aborted with {@linkcode Stopped} once there is no command that a stopping signal would be for. */
  get stop(): AbortSignal {
    return this.#stop.signal;
  }

  /** The latest stopping signal that was heard, also by the command. */
  get asked(): NodeJS.Signals | null {
    return this.#asked;
  }

  /** What is heard is the command's, until what is returned is disposed of; a stop is then carried out. */
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

  /** Listens no longer: signals do what they do to any program. */
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
      say("Still waits for the server; another signal leaves what is held to run out by itself");
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
    // This system has no such signal.
  }
}

/** Ends this process by a signal, as if nobody had caught it, so that a shell's loop ends, too. */
export async function dieBy(signal: NodeJS.Signals, clock: Clock): Promise<void> {
  if (signal !== "SIGINT" && signal !== "SIGTERM" && signal !== "SIGHUP") return;
  process.kill(process.pid, signal);
  await new Promise<void>((done) => clock.after(50, done));
}
