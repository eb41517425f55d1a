/** The command that runs under the lock. */

import type { Clock } from "@x/natslock";
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { closeSync, openSync, writeSync } from "node:fs";
import { isatty } from "node:tty";
import process from "node:process";
import { CliError, EXIT } from "./exit.ts";
import { Family, type Process, signalAll } from "./process_tree.ts";

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

/**
 * A command that inherits our standard streams and terminal. Where there is no terminal, it leads a session and a
 * process group of its own. On a terminal it stays in our session, since it could not use the terminal otherwise.
 */
export class Child {
  /** Resolves when the command has ended. Rejects with a {@linkcode CliError} if it could not be started. */
  readonly ended: Promise<Ending>;
  /** Resolves when all that {@linkcode Child.end} has to end has ended; at once if it was not called. */
  cleared: Promise<void> = Promise.resolve();
  readonly #process: ChildProcess;
  readonly #terminal: string | null;
  readonly #family: Family | null;
  readonly #leads: boolean;
  #killed = false;
  /** When `end` sends KILL. `Infinity` if it was not called. */
  #due = Infinity;

  /** Starts the command. `NATSLOCK_HOLDER` of its environment is unique to this natslock, and marks its processes. */
  constructor([command = "", ...args]: readonly string[], env: NodeJS.ProcessEnv) {
    this.#terminal = terminalMode();
    this.#leads = process.platform !== "win32" && !hasTerminal();
    this.#process = spawn(command, args, { stdio: "inherit", env, detached: this.#leads });
    const { pid: root } = this.#process;
    const { NATSLOCK_HOLDER: holder } = env;
    const entry = holder ? `NATSLOCK_HOLDER=${holder}` : "";
    this.#family = root === undefined ? null : new Family({ root, ownGroup: this.#leads, entry });
    this.ended = new Promise((resolve, reject) => {
      this.#process.once("error", (error: NodeJS.ErrnoException) => reject(startTrouble([command, ...args], error)));
      this.#process.once("exit", (code, signal) => resolve({ code, signal }));
    });
    // The caller may start to wait later. Until then the rejection must not count as unhandled.
    this.ended.catch(() => {});
  }

  /** Sends a signal to the command and to all that it has started, as a terminal does. */
  signal(signal: NodeJS.Signals): void {
    this.#signal(this.#running(), signal);
  }

  /** Sends a signal to the command only. */
  signalAlone(signal: NodeJS.Signals): void {
    signalAll(this.#itself(), signal);
  }

  /**
   * Sends TERM to the command and to all that it has started. Sends KILL to those that still run `patience`
   * milliseconds later. `cleared` then resolves when none of them runs. Another call can only shorten the time.
   */
  end(clock: Clock, patience: number): void {
    const isFirst = this.#due === Infinity;
    this.#due = Math.min(this.#due, clock.now() + patience);
    this.signal("SIGTERM");
    // A stopped process handles TERM only after it is continued.
    this.signal("SIGCONT");
    if (isFirst) this.cleared = this.#clear(clock);
  }

  async #clear(clock: Clock): Promise<void> {
    for (let all = this.#running(); all.length > 0; all = this.#running()) {
      const left = this.#due - clock.now();
      if (left <= 0) {
        this.#killed = true;
        this.#signal(all, "SIGKILL");
      }
      await new Promise<void>((done) => clock.after(Math.min(LOOK_EVERY, Math.max(1, left)), done));
    }
  }

  /**
   * Restores the terminal settings if a signal ended the command or natslock sent KILL, because then the command could
   * not restore them itself.
   */
  restoreTerminal({ signal }: Ending): void {
    if (this.#terminal === null || (signal === null && !this.#killed) || !isInForeground()) return;
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

  /** Returns the processes that run. Returns only the command if the system does not list processes. */
  #running(): Pick<Process, "pid">[] {
    const all = this.#family?.running() ?? [];
    return all.length > 0 ? all : this.#itself();
  }

  /** Sends a signal to these processes. One call reaches the whole group, also what is just being started in it. */
  #signal(processes: readonly Partial<Process>[], signal: NodeJS.Signals): void {
    const { pid: root = 0 } = this.#process;
    const isInGroup = ({ group }: Partial<Process>) => this.#leads && group === root;
    const others = processes.filter((one) => !isInGroup(one));
    const group = others.length < processes.length ? [{ pid: -root }] : [];
    signalAll([...group, ...others.map(({ pid = 0 }) => ({ pid })).filter(({ pid }) => pid > 0)], signal);
  }
}

/** Reports whether this process has a controlling terminal, also if none of its streams is one. */
function hasTerminal(): boolean {
  try {
    closeSync(openSync("/dev/tty", "r+"));
    return true;
  } catch {
    return false;
  }
}

/** Returns the terminal settings in the format of `stty -g`, or `null` if standard input is not a terminal. */
function terminalMode(): string | null {
  if (!isatty(0)) return null;
  const { status, stdout } = spawnSync("stty", ["-g"], { stdio: ["inherit", "pipe", "ignore"], encoding: "utf8" });
  return status === 0 ? stdout.trim() : null;
}

/**
 * Reports whether this process may change the terminal: in the background, the system would stop it for that. The shell
 * has restored the terminal then.
 */
function isInForeground(): boolean {
  const args = ["-o", "pgid=,tpgid=", "-p", `${process.pid}`];
  const { stdout } = spawnSync("ps", args, { stdio: ["ignore", "pipe", "ignore"], encoding: "utf8" });
  const [own, foreground] = `${stdout}`.trim().split(/\s+/);
  return own === foreground;
}

function startTrouble(words: readonly string[], { code, message }: NodeJS.ErrnoException): CliError {
  const [command = ""] = words;
  if (code !== "ENOENT") {
    const why = code === "EACCES" ? "it is not executable" : message;
    return new CliError(EXIT.cannotRun, `Cannot run "${command}": ${why}`);
  }
  // The user has put a whole command line in quotes.
  const isLine = words.length === 1 && /[\s|&;<>$*]/.test(command);
  const next = isLine ? "for a shell command line use sh -c '...', or the flag --shell" : "";
  const why = /^\S*\//.test(command) ? "there is no such file, or the interpreter that it names" : "command not found";
  return new CliError(EXIT.notFound, `Cannot run "${command}": ${why}`, next);
}
