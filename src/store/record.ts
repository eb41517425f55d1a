/**
 * The record that a holder writes under a lock's key, and its encoding as a message.
 *
 * The value of the message is the holder's UUID as text, exactly as the Go package natslock writes it. Everything else
 * is in headers. A reader that ignores headers still learns the holder, so Go peers respect the lock.
 */

import { badParameter, BadParameterError } from "../base/errors.ts";

/** A plain JSON object that a holder publishes, such as its host name. At most 1,024 bytes as JSON in ASCII. */
export type Meta = { readonly [field: string]: unknown };

/** The record of a lease in the bucket. */
export interface LeaseRecord {
  /** UUID of the holder, in lower case. */
  readonly holder: string;
  /**
   * Nonce of the grant. It distinguishes the writes of one candidate from those of another with the same UUID, such as
   * an earlier process. `null` if another kind of client wrote the record, such as the Go package.
   */
  readonly attempt: string | null;
  /** Fencing token: revision of the grant. `null` in the grant itself, whose own revision is the token. */
  readonly token: number | null;
  /** Name of the holder, for people; empty if it has none. */
  readonly name: string;
  /** Start of the hold: milliseconds since the Unix epoch by the holder's clock, for people. `null` if unknown. */
  readonly since: number | null;
  /** Lease length in milliseconds; `null` if unknown. */
  readonly ttl: number | null;
  /** What the holder publishes about itself; empty by default. */
  readonly meta: Meta;
}

/** What a read of the key found. */
export type KeyState =
  /** Nobody holds the lock. `revision` is the one that a grant must expect; 0 = no message. */
  | { readonly kind: "vacant"; readonly revision: number }
  /** A candidate holds the lock. */
  | { readonly kind: "held"; readonly revision: number; readonly record: LeaseRecord }
  /** The value is not a UUID. An unknown client holds the lock; it is not taken over before the message expires. */
  | { readonly kind: "foreign"; readonly revision: number };

/** The parts of a stored message that decide what it means. */
export interface StoredRecord {
  readonly revision: number;
  readonly value: Uint8Array;
  /** Returns a header; "" or `undefined` if absent. May throw if the headers are malformed, as the client does. */
  readonly header: (name: string) => string | undefined;
  /**
   * The longest time that the bucket keeps a record, in milliseconds. A longer lease length in the record is ignored.
   * Default: no limit.
   */
  readonly longest?: number;
}

const HEADERS = {
  attempt: "Natslock-Attempt",
  token: "Natslock-Token",
  name: "Natslock-Name",
  since: "Natslock-Since",
  ttl: "Natslock-Ttl",
  meta: "Natslock-Meta",
} as const;

/** Longest `meta` as JSON and longest `name`, in bytes. They are limited because every renewal carries them. */
const MAX_META = 1024;
const MAX_NAME = 128;

/**
 * Shortest lease length that a server supports, in milliseconds. A shorter one in a record is ignored: it would make
 * all waiters read the key without pause.
 */
const MIN_TTL = 100;

/** Values of `KV-Operation` and `Nats-Marker-Reason` by which any KV client recognizes a removal. */
const REMOVALS = ["DEL", "PURGE"];
const MARKERS = ["MaxAge", "Purge", "Remove"];

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;
const UUID_LENGTH = 36;

/** Reports whether a value is a UUID in the usual notation with hyphens, in lower or upper case. */
export const isUuid = (value: unknown): value is string => typeof value === "string" && UUID.test(value);

/**
 * Returns the name if it is valid.
 *
 * @throws {BadParameterError} if it is longer than 128 bytes, contains control characters or lone surrogates, or begins
 * or ends with white space
 */
export function requireName(name: string): string {
  if (isName(name)) return name;
  const wanted = `valid Unicode of at most ${MAX_NAME} bytes without control characters or spaces at its ends`;
  throw badParameter("name", wanted, name);
}

/** A lone surrogate is not valid, because it would be read back as another character. */
function isName(name: unknown): name is string {
  return typeof name === "string" && name.length <= MAX_NAME && name === name.trim() &&
    !/[\p{Cc}\p{Cs}]/u.test(name) &&
    new TextEncoder().encode(name).length <= MAX_NAME;
}

/**
 * Returns a deep copy of `meta`, so that later changes of the original have no effect.
 *
 * @throws {BadParameterError} if it is not a plain object, or JSON cannot represent it in 1,024 bytes of ASCII
 */
export function requireMeta(meta: Meta): Meta {
  const json = isPlainObject(meta) ? toJson(meta) : "";
  if (!json.startsWith("{")) throw badParameter("meta", "a plain object that JSON can hold", meta);
  if (json.length <= MAX_META) return JSON.parse(json) as Meta;
  const wanted = `at most ${MAX_META} bytes as JSON, current size is ${json.length}`;
  throw new BadParameterError("meta", `Cannot use "meta": must be ${wanted}`);
}

/**
 * Returns the headers of a record in a fixed order, without fields that are `null` or empty. The value of the message
 * is the holder's UUID.
 */
export function encodeHeaders(record: LeaseRecord): [name: string, value: string][] {
  const meta = toJson(record.meta);
  const texts = { ...record, meta: meta === "{}" ? "" : meta };
  const fields = Object.keys(HEADERS) as (keyof typeof HEADERS)[];
  const headers = fields.map((field): [string, string] => [HEADERS[field], String(texts[field] ?? "")]);
  return headers.filter(([, text]) => text !== "");
}

/**
 * Length of the parts that vary between the writes of one hold, in characters: the header with the token and the
 * revision that a write expects, of up to 16 digits each. One more keeps the padding from being empty.
 */
const VARYING_LENGTH = `${HEADERS.token}: \r\n`.length + 2 * 16 + 1;

/**
 * Returns a padding header that makes all records of one hold equally long. Without it renewals would be longer than
 * the grant: the grant has no token, and revisions get more digits. With it a bucket with room for the grant has room
 * for each renewal.
 */
export function paddingFor(token: number | null, expected: number): [name: string, value: string] {
  const used = `${expected}`.length + (token === null ? 0 : `${HEADERS.token}: ${token}\r\n`.length);
  return ["Natslock-Pad", "".padEnd(VARYING_LENGTH - used, "-")];
}

/**
 * Returns the length of a record in bytes as servers count it: value and headers. It is the same for each write of one
 * hold. `ownTtl` is the lease length that the message itself carries, in milliseconds; `null` if it carries none.
 */
export function recordSize(record: LeaseRecord, ownTtl: number | null): number {
  const headers = [...encodeHeaders(record), paddingFor(record.token, 0), ["Nats-Expected-Last-Subject-Sequence", "0"]];
  if (ownTtl !== null) headers.push(["Nats-TTL", `${ownTtl / 1000}s`]);
  const text = headers.map(([name, value]) => `${name}: ${value}\r\n`).join("");
  return new TextEncoder().encode(`NATS/1.0\r\n${text}\r\n${record.holder}`).length;
}

/**
 * Decodes a stored message. Never throws: a malformed field becomes `null` or empty, and a value that is not a UUID is
 * `foreign`.
 */
export function decodeRecord({ revision, value, longest = Infinity, ...stored }: StoredRecord): KeyState {
  const header = withoutThrowing(stored.header);
  const isRemoval = REMOVALS.includes(header("KV-Operation")) || MARKERS.includes(header("Nats-Marker-Reason"));
  if (value.length === 0 || isRemoval) return { kind: "vacant", revision };
  const holder = value.length === UUID_LENGTH ? new TextDecoder("utf-8", { ignoreBOM: true }).decode(value) : "";
  if (!isUuid(holder)) return { kind: "foreign", revision };
  const name = header(HEADERS.name);
  const record: LeaseRecord = {
    holder: holder.toLowerCase(),
    attempt: header(HEADERS.attempt) || null,
    token: wholeNumber(header(HEADERS.token), 1, revision),
    name: isName(name) ? name : "",
    since: wholeNumber(header(HEADERS.since)),
    ttl: wholeNumber(header(HEADERS.ttl), MIN_TTL, longest),
    meta: parseMeta(header(HEADERS.meta)),
  };
  return { kind: "held", revision, record };
}

/** Returns a function that reads a header; empty if it is absent, or the headers are malformed. */
export function withoutThrowing(header: StoredRecord["header"]): (name: string) => string {
  return (name) => {
    try {
      return header(name) ?? "";
    } catch {
      return "";
    }
  };
}

/** Parses a whole number of at most 16 digits; `null` if the text is none, or it is not from `least` to `most`. */
export function wholeNumber(text = "", least = 0, most: number = Number.MAX_SAFE_INTEGER): number | null {
  const number = /^\d{1,16}$/.test(text) ? Number(text) : NaN;
  return Number.isSafeInteger(number) && number >= least && number <= most ? number : null;
}

function parseMeta(text: string): Meta {
  if (text === "" || text.length > MAX_META) return {};
  try {
    const meta: unknown = JSON.parse(text);
    return isPlainObject(meta) ? meta : {};
  } catch {
    return {};
  }
}

function isPlainObject(value: unknown): value is Meta {
  if (typeof value !== "object" || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || prototype === Object.prototype;
}

/** Returns JSON in ASCII, since it is sent in a header; empty if JSON cannot represent the value. */
function toJson(value: unknown): string {
  const escape = (char: string) => `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`;
  try {
    return JSON.stringify(value)?.replace(/[\u007f-\uffff]/g, escape) ?? "";
  } catch {
    return "";
  }
}
