/** How the program ends: exit codes, and errors as one line that says what to do next. */

import { AcquireTimeoutError, BucketConfigError, ConnectionError, NatslockError } from "@x/natslock";
import { apiCodeOf, hasRemedy } from "@x/natslock/internal";

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

const NEXT_BY_TROUBLE: Readonly<Record<ConnectionError["why"], readonly [code: number, next: string]>> = {
  timeout: [EXIT.unreachable, "try again, or check that JetStream is enabled on the server"],
  unavailable: [
    EXIT.unreachable,
    "check that a server runs there, or set another with --servers, NATS_URL or --context",
  ],
  contended: [EXIT.notAcquired, "try again"],
  denied: [EXIT.denied, "check --user, --creds or --nkey, and the permissions of that user"],
  bucket_missing: [EXIT.config, 'create it with "natslock bucket create", or set another with --bucket'],
  closed: [EXIT.unreachable, "try again"],
  refused: [EXIT.unreachable, "see the server log"],
};

/** Error code of the server if the account requires a size limit. Only "bucket create" has a flag for that limit. */
const NEEDS_MAX_BYTES = 10113;
const MAKE_WITH_MAX_BYTES = 'create the bucket with "natslock bucket create --max-bytes"';

/** Converts any error to one with an exit code and a next step. */
export function endOf(error: unknown): CliError {
  if (error instanceof CliError) return error;
  if (error instanceof ConnectionError) {
    const [code, next] = NEXT_BY_TROUBLE[error.why];
    if (apiCodeOf(error.cause) === NEEDS_MAX_BYTES) return new CliError(code, error.message, MAKE_WITH_MAX_BYTES);
    return new CliError(code, error.message, saysWhatToDo(error) ? "" : next);
  }
  if (error instanceof BucketConfigError) {
    return new CliError(EXIT.config, error.message, `see "natslock bucket check ${error.bucket}"`);
  }
  if (error instanceof AcquireTimeoutError) return endOfWait(error);
  if (error instanceof NatslockError) return endOfOurs(error);
  const { name = "Error", message = String(error) } = (error ?? {}) as Partial<Error>;
  return new CliError(EXIT.bug, `Unexpected ${name}: ${message}`, "please report this bug");
}

/** Reports whether the message already says what to do. The library adds a remedy to refusals that have one. */
const saysWhatToDo = ({ cause }: ConnectionError): boolean => hasRemedy(cause) || hasRemedy((cause as Error)?.cause);

/** If the cause of the timeout is an error, the lock may be free, so `natslock status` is no help. */
function endOfWait({ message, cause }: AcquireTimeoutError): CliError {
  if (!(cause instanceof NatslockError)) {
    return new CliError(EXIT.notAcquired, message, 'see who holds it with "natslock status"');
  }
  const { message: reason, next } = endOf(cause);
  return new CliError(EXIT.notAcquired, message.includes(reason) ? message : `${message}: ${reason}`, next);
}

function endOfOurs({ code, message }: NatslockError): CliError {
  switch (code) {
    case "LEASE_LOST":
      return new CliError(EXIT.lost, message, "the command was stopped");
    case "BAD_PARAMETER":
      return new CliError(EXIT.usage, message);
    default:
      return new CliError(EXIT.unreachable, message);
  }
}
