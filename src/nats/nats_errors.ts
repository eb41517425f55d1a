/**
 * Translates errors of the NATS client into errors of this library. No other file does that. Errors are told apart by
 * `name` and `code`, never by `instanceof`, because an application may load another copy of nats-core, or an older one.
 */

import { ConnectionError, type ConnectionErrorReason } from "../base/errors.ts";

/**
 * Error codes of the server: the key is at another revision; another write to the key is in flight; the stream does not
 * exist; a stream of that name exists with other settings.
 */
export const API_CODES = { wrongRevision: 10071, inFlight: 10164, streamNotFound: 10059, nameInUse: 10058 } as const;

const STORAGE = 'give JetStream more storage, or set a smaller "maxBytes"';
const DISABLED = "enable JetStream for this account";

/**
 * Error codes after which the request was certainly not carried out, whatever their status, with the remedy; "" if the
 * server's text is enough. With "unavailable" waiting may help, because records expire and administrators make room.
 */
const REFUSALS: Readonly<Record<number, readonly [why: ConnectionErrorReason, remedy: string]>> = {
  10002: ["unavailable", "raise the limits of the account"],
  10005: ["refused", 'change "replicas" or "placement"'],
  10023: ["unavailable", STORAGE],
  10026: ["refused", 'raise "max_consumers", or turn on "republish"'],
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
  10113: ["refused", 'set "maxBytes"'],
  10120: ["refused", 'change "replicas"'],
  10122: ["refused", 'set a smaller "maxBytes"'],
  10163: ["unavailable", ""],
  10166: ["unavailable", ""],
  10167: ["unavailable", ""],
};

const STORE_FAILED = 10077;

type Thrown = { readonly [field in "name" | "code" | "status" | "message" | "cause"]?: unknown };
type Meaning = readonly [why: ConnectionErrorReason, certain: boolean, reason: string];

const TOO_LONG = 'the message is longer than "max_payload" of the server: raise it, or use shorter names';
const UNREACHED = "no server could be reached";

/** Errors by name (nats-core) or code (`nats.ws`). The first row that matches an error or one of its causes counts. */
const MEANINGS: readonly (readonly [...Meaning, ...names: string[]])[] = [
  ["denied", true, "this user lacks a right", "PermissionViolationError", "PERMISSIONS_VIOLATION"],
  ["unavailable", true, "no stream leader now, or JetStream is off", "NoResponders", "JetStreamNotEnabled", "503"],
  ["closed", true, "the connection is closed", "ClosedConnectionError", "CONNECTION_CLOSED"],
  ["closed", true, "the connection is being closed", "DrainingConnectionError", "CONNECTION_DRAINING"],
  ["timeout", false, "no answer in time", "TimeoutError", "TIMEOUT", "CONNECTION_TIMEOUT", "AUTHENTICATION_TIMEOUT"],
  ["denied", true, "the server refuses this user, token, key or JWT", "AuthorizationError", "AUTHORIZATION_VIOLATION"],
  ["denied", true, "the user's JWT has expired", "UserAuthenticationExpiredError", "AUTHENTICATION_EXPIRED"],
  ["unavailable", true, UNREACHED, "ConnectionError", "CONNECTION_REFUSED"],
];

/** Returns an error of the client as one of this library, and whether the request was certainly not carried out. */
export function toLockError(
  cause: unknown,
  doing: string,
): { readonly certain: boolean; readonly error: ConnectionError } {
  const [why, certain, reason] = meaningOf(chainOf(cause));
  return { certain, error: new ConnectionError(why, `Cannot ${doing}: ${reason}`, { cause }) };
}

/** Returns the server's code of a refusal by JetStream; `null` if the error is not one. */
export function apiCodeOf(cause: unknown): number | null {
  const { name, code } = (cause ?? {}) as Thrown;
  const isRefusal = name === "StreamNotFoundError" || name === "JetStreamApiError";
  return isRefusal && typeof code === "number" ? code : null;
}

/** Returns the setting that limits the bucket, if the error says that it is full; else `null`. */
export function limitOf(cause: unknown): "max_bytes" | "max_msgs" | null {
  const [, what] = /^maximum (bytes|messages) exceeded/.exec(String((cause as Thrown | null)?.message)) ?? [];
  return what === undefined || apiCodeOf(cause) !== STORE_FAILED ? null : what === "bytes" ? "max_bytes" : "max_msgs";
}

/** Reports whether the message about an error names a remedy. */
export function hasRemedy(cause: unknown): boolean {
  return limitOf(cause) !== null || isTooLong(cause) || Boolean(REFUSALS[apiCodeOf(cause) ?? 0]?.[1]);
}

/** Returns the key's revision, which the server names in refusal 10071; `null` if the error names none. */
export function currentRevision(cause: unknown): number | null {
  const found = /wrong last sequence: (\d+)/.exec(String((cause as Thrown | null)?.message));
  return found ? Number(found[1]) : null;
}

/** Reports whether the client refused a message before it sent it, because it is too long for the server. */
function isTooLong(error: unknown): boolean {
  return /max_payload/i.test(String((error as Thrown | null)?.message));
}

/** Reports whether an error says that the user may not publish to the subject. */
export function isDenied(cause: unknown, subject: string): boolean {
  return chainOf(cause).some(({ message }) => String(message).includes(`Publish to "${subject}"`));
}

function meaningOf(chain: readonly Thrown[]): Meaning {
  const refusal = chain.find((error) => apiCodeOf(error) !== null);
  if (refusal) return meaningOfRefusal(refusal);
  for (const [why, certain, reason, ...names] of MEANINGS) {
    const found = chain.find(({ name, code }) => names.includes(String(name)) || names.includes(String(code)));
    // The innermost error says why no server could be reached.
    const { message } = (reason === UNREACHED ? chain.at(-1) : found) ?? {};
    if (found) return [why, certain, reasonOf(why, reason, String(message ?? ""))];
  }
  if (chain.some(isTooLong)) return ["refused", true, TOO_LONG];
  const { message, name } = chain[0] ?? {};
  if (message === "connection closed") return ["closed", false, "the connection was closed meanwhile"];
  return ["refused", false, String(message || name || "the client failed without a reason")];
}

/** Returns the reason as text. For a denial it names the missing right, which the server names only in its text. */
function reasonOf(why: ConnectionErrorReason, reason: string, said: string): string {
  // Browsers give no reason. Other runtimes give one in words, such as "invalid peer certificate".
  if (reason === UNREACHED && /\s/.test(said)) return `${reason}: ${said}`;
  if (why !== "denied") return reason;
  const [, operation, subject = ""] = /(Publish|Subscription) to "([^"\s]+)"/.exec(said) ?? [];
  if (operation === undefined) return `${reason}: ${said}`;
  if (operation === "Publish") {
    const right = /^\$JS\.(?:\S+\.)?API\.[A-Z]/.test(subject) ? "send requests to" : "publish to";
    return `this user lacks the right to ${right} "${subject}": add it to the user's publish permissions`;
  }
  // Replies come to an inbox. A wrong inbox prefix is a more common cause than a missing right.
  const inbox = subject.startsWith("_INBOX") ? `, or connect with an "inboxPrefix" that they allow` : "";
  return `this user lacks the right to subscribe to "${subject}": add it to the user's subscribe permissions${inbox}`;
}

function meaningOfRefusal({ code, status, message }: Thrown): Meaning {
  if (code === API_CODES.streamNotFound) return ["bucket_missing", true, "the bucket does not exist"];
  const reason = `the server answered "${message}" (${code})`;
  const [why, remedy] = REFUSALS[Number(code)] ?? [];
  if (why) return [why, true, remedy ? `${reason}: ${remedy}` : reason];
  // Limits are checked before the message is stored. Other storage failures can come after it is stored.
  if (code === STORE_FAILED && /^maximum .* exceeded/.test(String(message))) return ["unavailable", true, reason];
  // A 5xx reply can come after the leader has proposed the write to the replicas. The outcome is unknown then.
  return Number(status) >= 500 ? ["unavailable", false, reason] : ["refused", true, reason];
}

/** Returns an error and its causes, the outermost first. The depth is limited, because causes can be circular. */
function chainOf(error: unknown, depth = 5): Thrown[] {
  if (typeof error !== "object" || error === null || depth === 0) return [];
  return [error, ...chainOf((error as Thrown).cause, depth - 1)];
}
