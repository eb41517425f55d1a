/**
 * How the program ends after an error: its exit code, and one line with the next step.
 *
 * This file loads the library. What runs at every start imports it only when there is an error to explain.
 */

import { AcquireTimeoutError, BucketConfigError, ConnectionError, NatslockError } from "@x/natslock";
import { apiCodeOf, hasRemedy } from "@x/natslock/internal";
import { CliError, EXIT } from "./exit.ts";

const NEXT_BY_TROUBLE: Readonly<Record<ConnectionError["why"], readonly [code: number, next: string]>> = {
  timeout: [EXIT.unreachable, "try again, or check that the server runs with JetStream"],
  unavailable: [EXIT.unreachable, "check that a server runs there, or name it by --servers, NATS_URL or --context"],
  contended: [EXIT.notAcquired, "try again"],
  denied: [EXIT.denied, "check --user, --creds or --nkey, and the rights of that account"],
  bucket_missing: [EXIT.config, 'make it with "natslock bucket create", or name another by --bucket'],
  closed: [EXIT.unreachable, "try again"],
  refused: [EXIT.unreachable, "see the server's log"],
};

/** The server's number for a bucket that must have a size limit, which only a flag of "bucket create" gives. */
const NEEDS_MAX_BYTES = 10113;
const MAKE_WITH_MAX_BYTES = 'make the bucket with "natslock bucket create --max-bytes"';

/** Any error as one that says how the program ends. */
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
  return new CliError(EXIT.bug, `Unexpected ${name}: ${message}`, "please report it");
}

/** Of a refusal by the server the library knows the remedy where there is one. */
const saysWhatToDo = ({ cause }: ConnectionError): boolean => hasRemedy(cause) || hasRemedy((cause as Error)?.cause);

/** Where trouble was what kept the lock from being taken, nobody may hold it. */
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
      return new CliError(EXIT.lost, message, "what ran under it was ended");
    case "BAD_PARAMETER":
      return new CliError(EXIT.usage, message);
    default:
      return new CliError(EXIT.unreachable, message);
  }
}
