/** How the program ends: exit codes, and the errors of its own. */

/** Exit codes of its own; the rest are those of the command that `run` ran. */
export const EXIT = {
  done: 0,
  /** The question was answered with no. */
  declined: 1,
  /** EX_USAGE of sysexits: the call is wrong. */
  usage: 64,
  /** EX_UNAVAILABLE: NATS is unreachable or refuses. */
  unreachable: 69,
  /** EX_SOFTWARE: a bug of ours. */
  bug: 70,
  /** EX_TEMPFAIL: another holds the lock; try later. */
  notAcquired: 75,
  /** EX_NOPERM: credentials or rights are missing. */
  denied: 77,
  /** EX_CONFIG: the bucket is missing or unfit. */
  config: 78,
  /** As `timeout` has it: the command was ended, since the lease was lost. */
  lost: 124,
  /** As the shell has it: the command cannot be run. */
  cannotRun: 126,
  /** As the shell has it: there is no such command. */
  notFound: 127,
  /** A command that a signal ended: this and the signal's number. */
  signalled: 128,
} as const;

/** What ends the program early: said in one line, with what to do next. */
export class CliError extends Error {
  /** Class name, kept under minification. */
  override readonly name = "CliError";
  /** Exit code. */
  readonly exitCode: number;
  /** What to do next; empty if there is nothing to add, or if the command's help says it. */
  readonly next: string;

  /** `next` completes the line after a semicolon. */
  constructor(exitCode: number, message: string, next = "") {
    super(message);
    this.exitCode = exitCode;
    this.next = next;
  }
}

/** The program was told to stop by a signal before its work was done. */
export class Stopped extends Error {
  /** Class name, kept under minification. */
  override readonly name = "Stopped";
  /** Which signal. */
  readonly by: NodeJS.Signals;

  /** Says which signal. */
  constructor(by: NodeJS.Signals) {
    super(`Stopped by ${by}`);
    this.by = by;
  }
}
