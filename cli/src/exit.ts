/** How the program ends: exit codes, and the errors of the command line itself. */

/** Exit codes of natslock. `natslock run` also returns the exit codes of its command. */
export const EXIT = {
  done: 0,
  /** The user answered the question with no. */
  declined: 1,
  /** EX_USAGE of sysexits: wrong usage. */
  usage: 64,
  /** EX_UNAVAILABLE: NATS is unreachable, or refuses the request. */
  unreachable: 69,
  /** EX_SOFTWARE: a bug in natslock. */
  bug: 70,
  /** EX_TEMPFAIL: another candidate holds the lock. A later try may succeed. */
  notAcquired: 75,
  /** EX_NOPERM: credentials or permissions are missing. */
  denied: 77,
  /** EX_CONFIG: the bucket is missing, or is not fit for locks. */
  config: 78,
  /** The lease was lost, so the command was stopped. `timeout` uses the same code. */
  lost: 124,
  /** The command cannot be run. Shells use the same code. */
  cannotRun: 126,
  /** The command was not found. Shells use the same code. */
  notFound: 127,
  /** A signal ended the command: this number plus the number of the signal. */
  signalled: 128,
} as const;

/** Receives the exit code when a command has ended. */
export type Finish = (exitCode: number) => void;

/** An error that ends the program. It is printed on one line, with what to do next. */
export class CliError extends Error {
  /** Class name, kept under minification. */
  override readonly name = "CliError";
  /** The exit code of the program. */
  readonly exitCode: number;
  /** What to do next. Empty if there is nothing to add, or if the help of the command explains it. */
  readonly next: string;

  /** `next` follows the message after a semicolon. */
  constructor(exitCode: number, message: string, next = "") {
    super(message);
    this.exitCode = exitCode;
    this.next = next;
  }
}

/** A signal asked the program to stop before its work was done. */
export class Stopped extends Error {
  /** Class name, kept under minification. */
  override readonly name = "Stopped";
  /** The signal. */
  readonly by: NodeJS.Signals;

  /** Creates the error for a signal. */
  constructor(by: NodeJS.Signals) {
    super(`Stopped by ${by}`);
    this.by = by;
  }
}
