/**
 * What stands under a lock's key, and how it is written.
 *
 * The value is the holder's UUID as text, exactly as the Go package natslock writes it; all else rides in headers, so
 * that a reader without headers still learns the holder, and a Go peer respects it.
 */

import { badParameter, BadParameterError } from "./errors.ts";

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
export type Sighting =
  /** Nobody holds it; `revision` is where a write must be put on, 0 if there is no message at all. */
  | { readonly kind: "vacant"; readonly revision: number }
  /** A holder's record. */
  | { readonly kind: "held"; readonly revision: number; readonly record: LeaseRecord }
  /** Bytes that are no UUID: held by a stranger, never taken over before they expire. */
  | { readonly kind: "foreign"; readonly revision: number };

/** A stored message, reduced to what decides what it means; `header` gives "" or undefined for one that is absent. */
export interface StoredRecord {
  readonly revision: number;
  readonly value: Uint8Array;
  readonly header: (name: string) => string | undefined;
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

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

/** Tells whether a value is a UUID in the usual notation with hyphens. */
export const isUuid = (value: unknown): value is string => typeof value === "string" && UUID.test(value);

/** Returns a name that is short, without control characters and blanks at its ends; throws a BadParameterError else. */
export function requireName(name: string): string {
  const fits = typeof name === "string" && name === name.trim() &&
    new TextEncoder().encode(name).length <= LONGEST_NAME;
  if (fits && [...name].every((char) => char >= " " && char !== "\x7f")) return name;
  const wanted = `text of at most ${LONGEST_NAME} bytes without control characters or blanks at its ends`;
  throw badParameter("name", wanted, name);
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

/** Reads a stored message. Never throws: whatever is not well formed is left out, and what is no UUID is foreign. */
export function decodeRecord({ revision, value, header }: StoredRecord): Sighting {
  if (value.length === 0 || header("KV-Operation") || header("Nats-Marker-Reason")) return { kind: "vacant", revision };
  const holder = new TextDecoder("utf-8", { ignoreBOM: true }).decode(value).toLowerCase();
  if (!isUuid(holder)) return { kind: "foreign", revision };
  const token = wholeNumber(header(HEADERS.token));
  const record: LeaseRecord = {
    holder,
    attempt: header(HEADERS.attempt) || null,
    token: token !== null && token >= 1 && token <= revision ? token : null,
    name: header(HEADERS.name) ?? "",
    since: wholeNumber(header(HEADERS.since)),
    ttl: wholeNumber(header(HEADERS.ttl)),
    meta: parseMeta(header(HEADERS.meta)),
  };
  return { kind: "held", revision, record };
}

function wholeNumber(text = ""): number | null {
  const number = /^\d{1,16}$/.test(text) ? Number(text) : NaN;
  return Number.isSafeInteger(number) ? number : null;
}

function parseMeta(text = "{}"): Meta {
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
