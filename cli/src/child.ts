/** The command that runs under the lock. */

import type { Clock } from "@x/natslock";
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { writeSync } from "node:fs";
import { isatty } from "node:tty";
import process from "node:process";
import { CliError, EXIT } from "./exit.ts";
import { type Process, signalAll, stillRunning, treeOf } from "./process_tree.ts";

/** How the command ended. Exactly one of the fields is not `null`. */
export interface Ending {
  /** The exit code. */
  readonly code: number | null;
  /** The signal that ended it. */
  readonly signal: NodeJS.Signals | null;
}

/** Interval between two checks for processes that still run, in milliseconds. */
const LOOK_EVERY = 25;

/** Leaves the alternate screen of full-screen programs, shows the cursor and resets the text style. */
const PLAIN_SCREEN = "\x1b[?1049l\x1b[?25h\x1b[0m";

/** A command that inherits our standard streams and terminal. */
export class Child {
  /** Resolves when the command has ended. Rejects with a {@linkcode CliError} if it could not be started. */
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
    // The caller may start to wait later. Until then the rejection must not count as unhandled.
    this.ended.catch(() => {});
  }

  /** Sends a signal to the command and its descendants, as a terminal does. */
  signal(signal: NodeJS.Signals): void {
    signalAll(this.#tree(), signal);
  }

  /** Sends a signal to the command only. */
  signalAlone(signal: NodeJS.Signals): void {
    if (this.#process.pid !== undefined && this.#isRunning) signalAll([{ pid: this.#process.pid }], signal);
  }

  /**
   * Sends TERM to the command and its descendants. Sends KILL to those that still run `patience` milliseconds later.
   * Resolves when none of them runs.
   */
  async end(clock: Clock, patience: number): Promise<void> {
    const due = clock.now() + patience;
    let tree = this.#tree();
    signalAll(tree, "SIGTERM");
    // A stopped process handles TERM only after it is continued.
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

  /**
   * Restores the terminal settings if a signal ended the command or natslock sent KILL, because then the command could
   * not restore them itself.
   */
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

  /** Returns the command and its descendants. Returns only the command if the system does not list processes. */
  #tree(): Process[] {
    const [itself] = this.#itself();
    if (!itself) return [];
    const tree = treeOf(itself.pid);
    return tree.length > 0 ? tree : [{ ...itself, parent: process.pid, started: "" }];
  }
}

/** Returns the terminal settings in the format of `stty -g`, or `null` if standard input is not a terminal. */
function terminalMode(): string | null {
  if (!isatty(0)) return null;
  const { status, stdout } = spawnSync("stty", ["-g"], { stdio: ["inherit", "pipe", "ignore"], encoding: "utf8" });
  return status === 0 ? stdout.trim() : null;
}

function startTrouble(command: string, { code, message }: NodeJS.ErrnoException): CliError {
  if (code === "ENOENT") return new CliError(EXIT.notFound, `Cannot run "${command}": command not found`);
  return new CliError(
    EXIT.cannotRun,
    `Cannot run "${command}": ${code === "EACCES" ? "it is not executable" : message}`,
  );
}
