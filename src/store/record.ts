/**
 * What stands under a lock's key, and how it is written.
 *
 * The value is the holder's UUID as text, exactly as the Go package natslock writes it; all else rides in headers, so
 * that a reader without headers still learns the holder, and a Go peer respects it.
 */

import { badParameter, BadParameterError } from "../base/errors.ts";

/** A plain JSON object that a holder shows to others, such as its host. At most 1,024 bytes as JSON in ASCII. */
export type Meta = { readonly [field: string]: unknown };

/** One lease as it stands in the bucket. */
export interface LeaseRecord {
  /** UUID of the holder, lower case. */
  readonly holder: string;
  /** Nonce of the grant: tells our own writes from another life of the same holder. `null` if a stranger wrote it. */
  readonly attempt: string | null;
  /** Revision of the grant; `null` on the grant itself, whose revision is the token. */
  readonly token: number | null;
  /** Name for people; empty if the holder gave none. */
  readonly name: string;
  /** When the hold began: milliseconds since the Unix epoch by the holder's clock, for people. `null` if unknown. */
  readonly since: number | null;
  /** Lease length in milliseconds; `null` if unknown. */
  readonly ttl: number | null;
  /** What the holder wants to show. */
  readonly meta: Meta;
}

/** What a look at the key found. */
export type KeyState =
  /** Nobody holds it; `revision` is where a write must be put on, 0 if there is no message at all. */
  | { readonly kind: "vacant"; readonly revision: number }
  /** A holder's record. */
  | { readonly kind: "held"; readonly revision: number; readonly record: LeaseRecord }
  /** Bytes that are no UUID: held by a stranger, never taken over before they expire. */
  | { readonly kind: "foreign"; readonly revision: number };

/** A stored message, reduced to what decides what it means. */
export interface StoredRecord {
  readonly revision: number;
  readonly value: Uint8Array;
  /** Gives "" or undefined for one that is absent; may throw where the headers are malformed, as the client does. */
  readonly header: (name: string) => string | undefined;
  /** The longest that the bucket keeps a record, in milliseconds: no holder's word counts for more. Default: no limit. */
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

/** Longest `meta` as JSON and longest `name`, in bytes: every renewal carries them. */
const LONGEST_META = 1024;
const LONGEST_NAME = 128;

/** No server keeps a lease of less, in milliseconds: who said so would have everybody look without pause. */
const SHORTEST_TTL = 100;

/** What a removal says of itself, to any KV client. */
const REMOVALS = ["DEL", "PURGE"];
const MARKERS = ["MaxAge", "Purge", "Remove"];

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;
const UUID_LENGTH = 36;

/** Tells whether a value is a UUID in the usual notation with hyphens. */
export const isUuid = (value: unknown): value is string => typeof value === "string" && UUID.test(value);

/** Returns a name that is short, without control characters and blanks at its ends; throws a BadParameterError else. */
export function requireName(name: string): string {
  if (isName(name)) return name;
  const wanted = `well-formed text of at most ${LONGEST_NAME} bytes without control characters or blanks at its ends`;
  throw badParameter("name", wanted, name);
}

/** Half a surrogate pair would be read back as another character. */
function isName(name: unknown): name is string {
  return typeof name === "string" && name.length <= LONGEST_NAME && name === name.trim() &&
    !/[\p{Cc}\p{Cs}]/u.test(name) &&
    new TextEncoder().encode(name).length <= LONGEST_NAME;
}

/** Returns a copy of a meta that no later change reaches; throws a BadParameterError if it is not as `Meta` says. */
export function requireMeta(meta: Meta): Meta {
  const json = isPlainObject(meta) ? toJson(meta) : "";
  if (!json.startsWith("{")) throw badParameter("meta", "a plain object that JSON can hold", meta);
  if (json.length <= LONGEST_META) return JSON.parse(json) as Meta;
  const wanted = `at most ${LONGEST_META} bytes as JSON, current size is ${json.length}`;
  throw new BadParameterError("meta", `Cannot use "meta": must be ${wanted}`);
}

/** The headers of a record, in order, without what is null or empty; its value is the holder's UUID. */
export function encodeHeaders(record: LeaseRecord): [name: string, value: string][] {
  const meta = toJson(record.meta);
  const texts = { ...record, meta: meta === "{}" ? "" : meta };
  const fields = Object.keys(HEADERS) as (keyof typeof HEADERS)[];
  const headers = fields.map((field): [string, string] => [HEADERS[field], String(texts[field] ?? "")]);
  return headers.filter(([, text]) => text !== "");
}

/** Room for the header with a token and for the revision that a write expects, of 16 digits each, and one to spare. */
const VARYING = `${HEADERS.token}: \r\n`.length + 2 * 16 + 1;

/**
 * A header that makes all records of one hold equally long: the grant carries no token, and numbers get longer. Where
 * there was room for the grant there is room for each renewal.
 */
export function paddingFor(token: number | null, expected: number): [name: string, value: string] {
  const used = `${expected}`.length + (token === null ? 0 : `${HEADERS.token}: ${token}\r\n`.length);
  return ["Natslock-Pad", "".padEnd(VARYING - used, "-")];
}

/** Length of a record as servers count it, value and headers, in bytes: the same for each write of one hold. */
export function recordSize(record: LeaseRecord, ownTtl: number | null): number {
  const headers = [...encodeHeaders(record), paddingFor(record.token, 0), ["Nats-Expected-Last-Subject-Sequence", "0"]];
  if (ownTtl !== null) headers.push(["Nats-TTL", `${ownTtl / 1000}s`]);
  const text = headers.map(([name, value]) => `${name}: ${value}\r\n`).join("");
  return new TextEncoder().encode(`NATS/1.0\r\n${text}\r\n${record.holder}`).length;
}

/** Reads a stored message. Never throws: whatever is not well formed is left out, and what is no UUID is foreign. */
export function decodeRecord({ revision, value, longest = Infinity, ...stored }: StoredRecord): KeyState {
  const header = lenient(stored.header);
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
    ttl: wholeNumber(header(HEADERS.ttl), SHORTEST_TTL, longest),
    meta: parseMeta(header(HEADERS.meta)),
  };
  return { kind: "held", revision, record };
}

function lenient(header: StoredRecord["header"]): (name: string) => string {
  return (name) => {
    try {
      return header(name) ?? "";
    } catch {
      return "";
    }
  };
}

/** A whole number in digits, no less than `least`, at most `most`; `null` if the text is none. */
export function wholeNumber(text = "", least = 0, most: number = Number.MAX_SAFE_INTEGER): number | null {
  const number = /^\d{1,16}$/.test(text) ? Number(text) : NaN;
  return Number.isSafeInteger(number) && number >= least && number <= most ? number : null;
}

function parseMeta(text: string): Meta {
  if (text.length > LONGEST_META) return {};
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

/** JSON in ASCII only, since it travels in a header; empty if JSON cannot hold the value. */
function toJson(value: unknown): string {
  const escape = (char: string) => `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`;
  try {
    return JSON.stringify(value)?.replace(/[\u007f-\uffff]/g, escape) ?? "";
  } catch {
    return "";
  }
}
