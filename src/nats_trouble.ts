/**
 * The one place where errors of the NATS client become ours.
 *
 * Errors are told apart by `name` and `code`, never by `instanceof`: a user may carry another copy of nats-core, or an
 * older client.
 *
 * @module
 */

import { ConnectionError, type ConnectionTrouble } from "./errors.ts";

/** What an error of the client means. */
export interface Trouble {
  /** True if the request was certainly not carried out. */
  readonly certain: boolean;
  /** The same as our own error, with the client's as its cause. */
  readonly error: ConnectionError;
}

/** The server's numbers for refusals that matter here. */
export const API_CODES = {
  /** The key stands at another revision; the text says at which. */
  wrongLastSequence: 10071,
  /** Another write to the key is in flight. */
  writeInFlight: 10164,
  streamNotFound: 10059,
  streamNameInUse: 10058,
} as const;

interface ClientError {
  readonly name: string;
  readonly code: unknown;
  readonly status: number;
  readonly message: string;
  readonly cause: unknown;
}

/**
 * Names what went wrong.
 *
 * @param cause what the client threw
 * @param doing what was tried, as the rest of "Cannot ..."
 */
export function troubleOf(cause: unknown, doing: string): Trouble {
  const [why, certain, reason] = classify(chainOf(cause));
  return { certain, error: new ConnectionError(why, `Cannot ${doing}: ${reason}`, { cause }) };
}

/** The server's number for a refusal by JetStream; `null` if the error is none. */
export function apiCodeOf(cause: unknown): number | null {
  const error = asClientError(cause);
  return error?.name === "StreamNotFoundError" ||
      error?.name === "JetStreamApiError"
    ? typeof error.code === "number" ? error.code : null
    : null;
}

/** The revision that the key stands at, as refusal 10071 says it; `null` if it does not. */
export function currentRevision(cause: unknown): number | null {
  const found = /wrong last sequence: (\d+)/.exec(asClientError(cause)?.message ?? "");
  return found ? Number(found[1]) : null;
}

function classify(chain: ClientError[]): [ConnectionTrouble, boolean, string] {
  const is = (...names: string[]) => chain.find((e) => names.includes(e.name) || names.includes(text(e.code)));
  const api = chain.find((e) => apiCodeOf(e) !== null);
  if (api) return classifyApi(api);
  const denied = is("PermissionViolationError", "PERMISSIONS_VIOLATION");
  if (denied) {
    return ["denied", true, `the account lacks a right: ${denied.message}`];
  }
  if (is("NoResponders", "JetStreamNotEnabled", "503")) {
    return ["unavailable", true, "JetStream has no leader for it now, or is not enabled"];
  }
  if (
    is("ClosedConnectionError", "CONNECTION_CLOSED", "DrainingConnectionError", "CONNECTION_DRAINING")
  ) {
    return ["closed", true, "the connection is closed"];
  }
  if (is("TimeoutError", "TIMEOUT", "CONNECTION_TIMEOUT", "AUTHENTICATION_TIMEOUT")) {
    return ["timeout", false, "no answer in time"];
  }
  if (is("AuthorizationError", "UserAuthenticationExpiredError", "AUTHORIZATION_VIOLATION", "AUTHENTICATION_EXPIRED")) {
    return ["denied", true, "the server does not accept these credentials"];
  }
  if (is("ConnectionError", "CONNECTION_REFUSED")) return ["unavailable", true, "no server could be reached"];
  const first = chain[0];
  if (first?.message === "connection closed") {
    return ["closed", false, "the connection was closed meanwhile"];
  }
  return ["refused", false, first?.message || first?.name || "the client failed without a reason"];
}

/** An answer of the class 5xx may come after the write was proposed: it proves nothing. */
function classifyApi(error: ClientError): [ConnectionTrouble, boolean, string] {
  if (error.code === API_CODES.streamNotFound) {
    return ["bucket_missing", true, "the bucket does not exist"];
  }
  if (error.status >= 500) {
    return ["unavailable", false, `the server answered "${error.message}" (${error.code})`];
  }
  return ["refused", true, `the server answered "${error.message}" (${error.code})`];
}

function chainOf(cause: unknown): ClientError[] {
  const chain: ClientError[] = [];
  for (
    let at = asClientError(cause);
    at !== null && chain.length < 5;
    at = asClientError(at.cause)
  ) chain.push(at);
  return chain;
}

function asClientError(value: unknown): ClientError | null {
  if (typeof value === "string") return { name: "", code: null, status: 0, message: value, cause: null };
  if (typeof value !== "object" || value === null) return null;
  const { name, code, status, message, cause } = value as Record<
    string,
    unknown
  >;
  return {
    name: text(name),
    code,
    status: typeof status === "number" ? status : 0,
    message: text(message),
    cause,
  };
}

function text(value: unknown): string {
  return typeof value === "string" || typeof value === "number" ? String(value) : "";
}
