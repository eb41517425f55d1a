/**
 * The one place where errors of the NATS client become ours. They are told apart by `name` and `code`, never by
 * `instanceof`: a user may carry another copy of nats-core, or an older client.
 */

import { ConnectionError, type ConnectionErrorReason } from "../base/errors.ts";

/** The server's numbers for refusals: the key stands at another revision, another write to it is in flight, ... */
export const API_CODES = { wrongRevision: 10071, inFlight: 10164, streamNotFound: 10059, nameInUse: 10058 } as const;

const STORAGE = 'give JetStream more storage, or the bucket a smaller "maxBytes"';
const DISABLED = "enable JetStream for this account";

/**
 * Refusals after which certainly nothing was done, whatever their class, and what helps: "" where the server says it.
 * Waiting may help with "unavailable", since records run out and administrators make room.
 */
const REFUSALS: Readonly<Record<number, readonly [why: ConnectionErrorReason, remedy: string]>> = {
  10002: ["unavailable", "raise the limits of the account"],
  10005: ["refused", 'change "replicas" or "placement"'],
  10023: ["unavailable", STORAGE],
  10026: ["refused", 'raise "max_consumers", or let the bucket republish'],
  10027: ["refused", "raise the limits of the account"],
  10028: ["unavailable", STORAGE],
  10035: ["unavailable", DISABLED],
  10039: ["unavailable", DISABLED],
  10047: ["unavailable", STORAGE],
  10052: ["refused", ""],
  10054: ["refused", 'raise "max_msg_size"'],
  10065: ["refused", "use another bucket"],
  10074: ["refused", 'change "replicas"'],
  10076: ["unavailable", DISABLED],
  10111: ["unavailable", ""],
  10113: ["refused", 'give "maxBytes"'],
  10120: ["refused", 'change "replicas"'],
  10122: ["refused", 'give a smaller "maxBytes"'],
  10163: ["unavailable", ""],
  10166: ["unavailable", ""],
  10167: ["unavailable", ""],
};

const STORE_FAILED = 10077;

type Thrown = { readonly [field in "name" | "code" | "status" | "message" | "cause"]?: unknown };
type Meaning = readonly [why: ConnectionErrorReason, certain: boolean, reason: string];

const UNREACHED = "no server could be reached";

/** By name (nats-core) or code (`nats.ws`); the first row that fits an error or one of its causes counts. */
const MEANINGS: readonly (readonly [...Meaning, ...names: string[]])[] = [
  ["denied", true, "this user lacks a right", "PermissionViolationError", "PERMISSIONS_VIOLATION"],
  ["unavailable", true, "no leader for it now, or JetStream is off", "NoResponders", "JetStreamNotEnabled", "503"],
  ["closed", true, "the connection is closed", "ClosedConnectionError", "CONNECTION_CLOSED"],
  ["closed", true, "the connection is being closed", "DrainingConnectionError", "CONNECTION_DRAINING"],
  ["timeout", false, "no answer in time", "TimeoutError", "TIMEOUT", "CONNECTION_TIMEOUT", "AUTHENTICATION_TIMEOUT"],
  ["denied", true, "the server refuses this user, token, key or JWT", "AuthorizationError", "AUTHORIZATION_VIOLATION"],
  ["denied", true, "the user's JWT has expired", "UserAuthenticationExpiredError", "AUTHENTICATION_EXPIRED"],
  ["unavailable", true, UNREACHED, "ConnectionError", "CONNECTION_REFUSED"],
];

/** What an error of the client means: as one of ours, and whether what was tried (`doing`) certainly was not done. */
export function toLockError(
  cause: unknown,
  doing: string,
): { readonly certain: boolean; readonly error: ConnectionError } {
  const [why, certain, reason] = meaningOf(chainOf(cause));
  return { certain, error: new ConnectionError(why, `Cannot ${doing}: ${reason}`, { cause }) };
}

/** The server's number for a refusal by JetStream; `null` if the error is none. */
export function apiCodeOf(cause: unknown): number | null {
  const { name, code } = (cause ?? {}) as Thrown;
  const isRefusal = name === "StreamNotFoundError" || name === "JetStreamApiError";
  return isRefusal && typeof code === "number" ? code : null;
}

/** The setting that leaves no room, if a bucket is full; else `null`. */
export function limitOf(cause: unknown): "max_bytes" | "max_msgs" | null {
  const [, what] = /^maximum (bytes|messages) exceeded/.exec(String((cause as Thrown | null)?.message)) ?? [];
  return what === undefined || apiCodeOf(cause) !== STORE_FAILED ? null : what === "bytes" ? "max_bytes" : "max_msgs";
}

/** True if what is said of a refusal tells what helps. */
export function hasRemedy(cause: unknown): boolean {
  return limitOf(cause) !== null || Boolean(REFUSALS[apiCodeOf(cause) ?? 0]?.[1]);
}

/** The revision that the key stands at, as refusal 10071 says it; `null` if the error does not. */
export function currentRevision(cause: unknown): number | null {
  const found = /wrong last sequence: (\d+)/.exec(String((cause as Thrown | null)?.message));
  return found ? Number(found[1]) : null;
}

/** True if the user may not publish to the subject. */
export function isDenied(cause: unknown, subject: string): boolean {
  return chainOf(cause).some(({ message }) => String(message).includes(`Publish to "${subject}"`));
}

function meaningOf(chain: readonly Thrown[]): Meaning {
  const refusal = chain.find((error) => apiCodeOf(error) !== null);
  if (refusal) return meaningOfRefusal(refusal);
  for (const [why, certain, reason, ...names] of MEANINGS) {
    const found = chain.find(({ name, code }) => names.includes(String(name)) || names.includes(String(code)));
    // Why no server could be reached is said by the innermost.
    const { message } = (reason === UNREACHED ? chain.at(-1) : found) ?? {};
    if (found) return [why, certain, reasonOf(why, reason, String(message ?? ""))];
  }
  const { message, name } = chain[0] ?? {};
  if (message === "connection closed") return ["closed", false, "the connection was closed meanwhile"];
  return ["refused", false, String(message || name || "the client failed without a reason")];
}

/** For a denial which right is missing, and where it is given: the server names the subject, and only in words. */
function reasonOf(why: ConnectionErrorReason, reason: string, said: string): string {
  // Browsers do not say why, others say "invalid peer certificate" and the like.
  if (reason === UNREACHED && /\s/.test(said)) return `${reason}: ${said}`;
  if (why !== "denied") return reason;
  const [, operation, subject = ""] = /(Publish|Subscription) to "([^"\s]+)"/.exec(said) ?? [];
  if (operation === undefined) return `${reason}: ${said}`;
  if (operation === "Publish") {
    const right = /^\$JS\.(?:\S+\.)?API\.[A-Z]/.test(subject) ? "send requests to" : "publish to";
    return `this user lacks the right to ${right} "${subject}": add it to the user's publish permissions`;
  }
  // Answers come to an inbox: what is wrong is more often its prefix.
  const inbox = subject.startsWith("_INBOX") ? `, or connect with an "inboxPrefix" that these allow` : "";
  return `this user lacks the right to subscribe to "${subject}": add it to the user's subscribe permissions${inbox}`;
}

function meaningOfRefusal({ code, status, message }: Thrown): Meaning {
  if (code === API_CODES.streamNotFound) return ["bucket_missing", true, "the bucket does not exist"];
  const reason = `the server answered "${message}" (${code})`;
  const [why, remedy] = REFUSALS[Number(code)] ?? [];
  if (why) return [why, true, remedy ? `${reason}: ${remedy}` : reason];
  // A limit is looked at before anything is stored; other failures of the store may come after that.
  if (code === STORE_FAILED && /^maximum .* exceeded/.test(String(message))) return ["unavailable", true, reason];
  // An answer of the class 5xx may come after the write was proposed: it proves nothing.
  return Number(status) >= 500 ? ["unavailable", false, reason] : ["refused", true, reason];
}

/** An error and its causes, the outermost first; bounded, since causes may go in circles. */
function chainOf(error: unknown, depth = 5): Thrown[] {
  if (typeof error !== "object" || error === null || depth === 0) return [];
  return [error, ...chainOf((error as Thrown).cause, depth - 1)];
}
