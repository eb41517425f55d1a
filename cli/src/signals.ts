/**
 * Handles signals. Before the command runs, a stopping signal ends the wait for the lock. While the command runs, it
 * gets all signals. When it has ended after a stopping signal, the lock is released and the program ends.
 */

import type { Clock } from "@x/natslock";
import process from "node:process";
import { isatty } from "node:tty";
import type { Child } from "./child.ts";
import { debuggerCloser } from "./debugger.ts";
import { Stopped } from "./exit.ts";
import { say } from "./say.ts";

/** Signals that ask to stop. */
const STOPPING = ["SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT"] as const;
/**
 * Signals that end a program by default. They are passed on to the command alone, and end a wait for the lock. ILL, BUS,
 * FPE and SEGV are missing: if natslock itself fails like this, it must end. The runtimes cannot catch real-time signals.
 */
const ENDING = [
  ...["SIGALRM", "SIGVTALRM", "SIGPROF", "SIGXCPU", "SIGXFSZ", "SIGABRT"] as const,
  ...["SIGIO", "SIGPWR", "SIGSTKFLT", "SIGTRAP", "SIGSYS"] as const,
] as const;
/** Signals that are only passed on to the command. */
const OTHERS = ["SIGUSR1", "SIGUSR2", "SIGWINCH"] as const;

/** Signals that a terminal sends to natslock and to the command. */
const FROM_KEYBOARD: ReadonlySet<NodeJS.Signals> = new Set(["SIGINT", "SIGQUIT"]);

/** A second one of these hurries. Programs that handle Ctrl-C expect it more often. */
const HURRYING: ReadonlySet<NodeJS.Signals> = new Set(["SIGTERM", "SIGHUP"]);

/**
 * A terminal sends Ctrl-C only to processes that already run. If the key was pressed just before the command started,
 * natslock may handle the signal only after the start, and the command has not received it. So natslock passes on
 * signals that come within this time after the start, in milliseconds.
 */
const START = 500;

/** From this time after a stop, another signal ends a wait for the server, in milliseconds. */
const PATIENCE = 2000;

/** Signals closer together than this count as one: `timeout` sends each to natslock and to its group. */
const SAME = 100;

/** Called when the user wants the command to end soon; `again` if it was called before for this command. */
export type Hurry = (again: boolean) => void;

/** Listens to signals until it is disposed. */
export class Signals {
  readonly #clock: Clock;
  readonly #listeners: readonly (readonly [NodeJS.Signals, () => void])[];
  readonly #stop = new AbortController();
  readonly #hasTerminal = [0, 1, 2].some((stream) => isatty(stream));
  #child: Child | null = null;
  #childSince = 0;
  #hurry: Hurry = () => {};
  #asked: NodeJS.Signals | null = null;
  /** Number of signals that hurry, and when the latest came. */
  #hurries = 0;
  #hurriedAt = -Infinity;

  /** Starts to listen. */
  constructor(clock: Clock) {
    this.#clock = clock;
    const names: readonly NodeJS.Signals[] = [...STOPPING, ...ENDING, ...OTHERS];
    const closer = debuggerCloser(clock);
    this.#listeners = [
      ...names.map((name) => [name, () => this.#hear(name)] as const),
      ...closer === null ? [] : [["SIGUSR1", closer] as const],
    ];
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

  /**
   * Passes signals on to the command until the result is disposed. A stopping signal then takes effect. `hurry` is
   * called from the second TERM or HUP on.
   */
  pass(child: Child, hurry: Hurry = () => {}): Disposable {
    this.#child = child;
    this.#hurry = hurry;
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
    const isSecond = HURRYING.has(name) && this.#isSecond();
    if (isStop) this.#asked = name;
    if (this.#child === null) {
      if (isSecond && this.#stop.signal.aborted) this.#leave(name);
      else if (isStop || ENDING.some((one) => one === name)) this.#halt(name);
    } else if (isSecond) this.#hurry(this.#hurries > 2);
    else if (!isStop) this.#child.signalAlone(name);
    else if (!this.#wasSentToBoth(name)) this.#child.signal(name);
  }

  #isSecond(): boolean {
    const now = this.#clock.now();
    const isNew = now - this.#hurriedAt > SAME;
    if (isNew) this.#hurries++;
    this.#hurriedAt = now;
    return isNew && this.#hurries > 1;
  }

  #halt(by: NodeJS.Signals): void {
    if (this.#stop.signal.aborted) return;
    this.#stop.abort(new Stopped(by));
    this.#clock.after(PATIENCE, () => {
      say("Still waiting for the server; send another signal to exit and let the lease expire by itself");
      this[Symbol.dispose]();
    });
  }

  /** Ends the program at once by the signal. */
  #leave(by: NodeJS.Signals): void {
    say("Not waiting for the server; the lease expires by itself");
    this[Symbol.dispose]();
    process.kill(process.pid, by);
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
  if (!["SIGINT", "SIGTERM", "SIGHUP", "SIGALRM"].includes(signal)) return;
  process.kill(process.pid, signal);
  await new Promise<void>((done) => clock.after(50, done));
}
