/**
 * The one place where errors of the NATS client become ours.
 *
 * They are told apart by `name` and `code`, never by `instanceof`: a user may carry another copy of nats-core, or an
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

type Meaning = readonly [why: ConnectionTrouble, certain: boolean, reason: string];

/** By name (`@nats-io/nats-core`) or code (`nats.ws`); the first row that fits an error or one of its causes counts. */
const MEANINGS: readonly (readonly [names: string, ...Meaning])[] = [
  ["PermissionViolationError PERMISSIONS_VIOLATION", "denied", true, "the account lacks a right"],
  [
    "NoResponders JetStreamNotEnabled 503",
    "unavailable",
    true,
    "JetStream has no leader for it now, or is not enabled",
  ],
  ["ClosedConnectionError CONNECTION_CLOSED", "closed", true, "the connection is closed"],
  ["DrainingConnectionError CONNECTION_DRAINING", "closed", true, "the connection is closed"],
  ["TimeoutError TIMEOUT CONNECTION_TIMEOUT AUTHENTICATION_TIMEOUT", "timeout", false, "no answer in time"],
  ["AuthorizationError AUTHORIZATION_VIOLATION", "denied", true, "the server does not accept these credentials"],
  ["UserAuthenticationExpiredError AUTHENTICATION_EXPIRED", "denied", true, "these credentials have expired"],
  ["ConnectionError CONNECTION_REFUSED", "unavailable", true, "no server could be reached"],
];

interface Thrown {
  readonly name?: unknown;
  readonly code?: unknown;
  readonly status?: unknown;
  readonly message?: unknown;
  readonly cause?: unknown;
}

/**
 * Names what went wrong.
 *
 * @param cause what the client threw
 * @param doing what was tried, as the rest of "Cannot ..."
 */
export function troubleOf(cause: unknown, doing: string): Trouble {
  const [why, certain, reason] = meaningOf(chainOf(cause));
  return { certain, error: new ConnectionError(why, `Cannot ${doing}: ${reason}`, { cause }) };
}

/** The server's number for a refusal by JetStream; `null` if the error is none. */
export function apiCodeOf(cause: unknown): number | null {
  const { name, code } = (cause ?? {}) as Thrown;
  const refused = name === "StreamNotFoundError" || name === "JetStreamApiError";
  return refused && typeof code === "number" ? code : null;
}

/** The revision that the key stands at, as refusal 10071 says it; `null` if it does not. */
export function currentRevision(cause: unknown): number | null {
  const found = /wrong last sequence: (\d+)/.exec(String((cause as Thrown | null)?.message));
  return found ? Number(found[1]) : null;
}

function meaningOf(chain: readonly Thrown[]): Meaning {
  const api = chain.find((error) => apiCodeOf(error) !== null);
  if (api) return meaningOfRefusal(api);
  for (const [names, why, certain, reason] of MEANINGS) {
    const known = names.split(" ");
    const found = chain.find(({ name, code }) => known.includes(String(name)) || known.includes(String(code)));
    if (found) return [why, certain, why === "denied" ? `${reason}: ${found.message}` : reason];
  }
  const { message, name } = chain[0] ?? {};
  if (message === "connection closed") return ["closed", false, "the connection was closed meanwhile"];
  return ["refused", false, String(message || name || "the client failed without a reason")];
}

function meaningOfRefusal({ code, status, message }: Thrown): Meaning {
  if (code === API_CODES.streamNotFound) return ["bucket_missing", true, "the bucket does not exist"];
  const reason = `the server answered "${message}" (${code})`;
  // An answer of the class 5xx may come after the write was proposed: it proves nothing.
  return Number(status) >= 500 ? ["unavailable", false, reason] : ["refused", true, reason];
}

/** An error and its causes, the outermost first; bounded, since causes may go in circles. */
function chainOf(cause: unknown): Thrown[] {
  const chain: Thrown[] = [];
  for (let at = cause; typeof at === "object" && at !== null && chain.length < 5; at = (at as Thrown).cause) {
    chain.push(at);
  }
  return chain;
}
