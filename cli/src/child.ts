/** The command that runs under the lock. */

import type { Clock } from "@x/natslock";
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { writeSync } from "node:fs";
import { isatty } from "node:tty";
import process from "node:process";
import { CliError, EXIT } from "./exit.ts";
import { type Process, signalAll, stillRunning, treeOf } from "./process_tree.ts";

/** How the command ended: one of both. */
export interface Ending {
  /** Its exit code. */
  readonly code: number | null;
  /** The signal that ended it. */
  readonly signal: NodeJS.Signals | null;
}

/** Pause between two looks at what is left, in milliseconds. */
const LOOK_EVERY = 25;

/** Leaves the screen that full-screen programs draw on, and shows the cursor. */
const PLAIN_SCREEN = "\x1b[?1049l\x1b[?25h\x1b[0m";

/** A command with our standard streams and terminal. */
export class Child {
  /** Resolves when it has ended; rejects if it could not be started. */
  readonly ended: Promise<Ending>;
  readonly #process: ChildProcess;
  readonly #terminal: string | null;
  #killed = false;

  /** Starts the command. */
  constructor([command = "", ...args]: readonly string[], env: NodeJS.ProcessEnv) {
    this.#terminal = terminalMode();
    this.#process = spawn(command, args, { stdio: "inherit", env });
    this.ended = new Promise((resolve, reject) => {
      this.#process.once("error", (error: NodeJS.ErrnoException) => reject(startTrouble(command, error)));
      this.#process.once("exit", (code, signal) => resolve({ code, signal }));
    });
    // Whoever waits hears of it; until then it is no accident.
    this.ended.catch(() => {});
  }

  /** Passes a signal on to the command and what it has started, as a terminal does. */
  signal(signal: NodeJS.Signals): void {
    signalAll(this.#tree(), signal);
  }

  /** Passes a signal on to the command alone. */
  signalAlone(signal: NodeJS.Signals): void {
    if (this.#process.pid !== undefined && this.#isRunning) signalAll([{ pid: this.#process.pid }], signal);
  }

  /** TERM, then KILL `patience` ms later by the clock to all that are left; resolves when none is. */
  async end(clock: Clock, patience: number): Promise<void> {
    const due = clock.now() + patience;
    let tree = this.#tree();
    signalAll(tree, "SIGTERM");
    // A stopped process heeds it only when it goes on.
    signalAll(tree, "SIGCONT");
    while (this.#isRunning || stillRunning(tree).length > 0) {
      if (clock.now() >= due) {
        tree = [...tree, ...this.#tree()];
        this.#killed = true;
        signalAll([...stillRunning(tree), ...this.#itself()], "SIGKILL");
      }
      await new Promise<void>((done) => clock.after(Math.min(LOOK_EVERY, Math.max(1, due - clock.now())), done));
    }
  }

  /** Puts the terminal back as it was if the command had no chance to. */
  restoreTerminal({ signal }: Ending): void {
    if (this.#terminal === null || (signal === null && !this.#killed)) return;
    spawnSync("stty", [this.#terminal], { stdio: ["inherit", "ignore", "ignore"] });
    if (this.#killed && isatty(2)) writeSync(2, PLAIN_SCREEN);
  }

  get #isRunning(): boolean {
    const { pid, exitCode, signalCode } = this.#process;
    return pid !== undefined && exitCode === null && signalCode === null;
  }

  #itself(): Pick<Process, "pid">[] {
    const { pid } = this.#process;
    return pid !== undefined && this.#isRunning ? [{ pid }] : [];
  }

  /** What it has started; at least itself, where the system does not say. */
  #tree(): Process[] {
    const [itself] = this.#itself();
    if (!itself) return [];
    const tree = treeOf(itself.pid);
    return tree.length > 0 ? tree : [{ ...itself, parent: process.pid, started: "" }];
  }
}

/** The settings of the terminal that a command may change, as `stty` writes them; `null` without one. */
function terminalMode(): string | null {
  if (!isatty(0)) return null;
  const { status, stdout } = spawnSync("stty", ["-g"], { stdio: ["inherit", "pipe", "ignore"], encoding: "utf8" });
  return status === 0 ? stdout.trim() : null;
}

function startTrouble(command: string, { code, message }: NodeJS.ErrnoException): CliError {
  if (code === "ENOENT") return new CliError(EXIT.notFound, `Cannot run "${command}": there is no such command`);
  return new CliError(
    EXIT.cannotRun,
    `Cannot run "${command}": ${code === "EACCES" ? "it is not executable" : message}`,
  );
}
