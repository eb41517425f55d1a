/**
 * How the program ends after an error: its exit code, and one line that says what to do next.
 *
 * This file loads the library. Modules that every start loads import it only when there is an error to explain.
 */

import { AcquireTimeoutError, BucketConfigError, ConnectionError, NatslockError } from "@x/natslock";
import { apiCodeOf, hasRemedy } from "@x/natslock/internal";
import { CliError, EXIT } from "./exit.ts";
import { withFlags } from "./typed.ts";

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
      // Only the first quoted word is a field. Others can be names of locks.
      return new CliError(EXIT.usage, message.replace(/^Cannot use "[^"]*"/, withFlags));
    default:
      return new CliError(EXIT.unreachable, message);
  }
}
