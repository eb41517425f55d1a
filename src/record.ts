/**
 * What stands under a lock's key, and how it is written.
 *
 * The value is the holder's UUID as text, exactly as the Go package natslock writes it; all else rides in headers, so
 * that a reader without headers still learns the holder, and a Go peer respects it.
 *
 * @module
 */

import { BadParameterError, show } from "./errors.ts";

/** A plain JSON object that a holder shows to others, such as its host and runtime. At most 1,024 bytes as JSON in ASCII. */
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
  | {
    readonly kind: "held";
    readonly revision: number;
    readonly record: LeaseRecord;
  }
  /** Bytes that are no UUID: held by a stranger, never taken over before they expire. */
  | { readonly kind: "foreign"; readonly revision: number };

/** Names of the headers a record uses. */
export const RECORD_HEADERS = {
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

/** Tells whether a text is a UUID in the usual notation with hyphens. */
export function isUuid(text: string): boolean {
  return UUID.test(text);
}

/**
 * Checks a holder's name and returns it.
 *
 * @throws {BadParameterError} if it has control characters, blanks at its ends or more than 128 bytes
 */
export function requireName(name: string): string {
  const fits = typeof name === "string" && name === name.trim() &&
    byteLength(name) <= LONGEST_NAME;
  if (fits && !hasControl(name)) return name;
  throw new BadParameterError(
    "name",
    `Cannot use "name": must be text of at most ${LONGEST_NAME} bytes without control characters or blanks at its ` +
      `ends, current value is ${show(name)}`,
  );
}

/**
 * Checks a holder's meta and returns a copy that later changes cannot reach.
 *
 * @throws {BadParameterError} if it is no plain JSON object or longer than 1,024 bytes as JSON
 */
export function requireMeta(meta: Meta): Meta {
  const json = isPlainObject(meta) ? toJson(meta) : null;
  if (json === null || !json.startsWith("{")) {
    throw new BadParameterError("meta", `Cannot use "meta": must be a plain object that JSON can hold`);
  }
  const size = byteLength(json);
  if (size > LONGEST_META) {
    throw new BadParameterError(
      "meta",
      `Cannot use "meta": must be at most ${LONGEST_META} bytes as JSON, current size is ${size}`,
    );
  }
  return JSON.parse(json) as Meta;
}

/** The headers of a record, in order; its value is the holder's UUID. */
export function encodeHeaders(record: LeaseRecord): [name: string, value: string][] {
  const fields: [string, string | number | null][] = [
    [RECORD_HEADERS.attempt, record.attempt],
    [RECORD_HEADERS.token, record.token],
    [RECORD_HEADERS.name, record.name],
    [RECORD_HEADERS.since, record.since],
    [RECORD_HEADERS.ttl, record.ttl],
    [
      RECORD_HEADERS.meta,
      Object.keys(record.meta).length > 0 ? (toJson(record.meta) ?? "") : "",
    ],
  ];
  return fields.flatMap(([name, value]) => value === null || value === "" ? [] : [[name, String(value)]]);
}

/** A stored message, reduced to what decides what it means. */
export interface StoredRecord {
  /** Its sequence in the bucket's stream. */
  readonly revision: number;
  /** Its value. */
  readonly value: Uint8Array;
  /** One of its headers; empty or undefined if absent. */
  header(name: string): string | undefined;
}

/** Reads a stored message. Never throws: whatever is not well formed is left out, and what is no UUID is foreign. */
export function decodeRecord(stored: StoredRecord): Sighting {
  const { revision, value } = stored;
  if (
    value.length === 0 || stored.header("KV-Operation") ||
    stored.header("Nats-Marker-Reason")
  ) {
    return { kind: "vacant", revision };
  }
  const text = new TextDecoder("utf-8", { ignoreBOM: true }).decode(value);
  if (!isUuid(text)) return { kind: "foreign", revision };
  const attempt = stored.header(RECORD_HEADERS.attempt) || null;
  const token = wholeNumber(stored.header(RECORD_HEADERS.token));
  const record: LeaseRecord = {
    holder: text.toLowerCase(),
    attempt,
    token: token !== null && token >= 1 && token <= revision ? token : null,
    name: stored.header(RECORD_HEADERS.name) ?? "",
    since: wholeNumber(stored.header(RECORD_HEADERS.since)),
    ttl: wholeNumber(stored.header(RECORD_HEADERS.ttl)),
    meta: parseMeta(stored.header(RECORD_HEADERS.meta)),
  };
  return { kind: "held", revision, record };
}

function wholeNumber(text: string | undefined): number | null {
  if (!text || !/^\d{1,16}$/.test(text)) return null;
  const number = Number(text);
  return Number.isSafeInteger(number) ? number : null;
}

function parseMeta(text: string | undefined): Meta {
  if (!text) return {};
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

/** JSON in ASCII only, since it travels in a header; `null` if JSON cannot hold the value. */
function toJson(value: unknown): string | null {
  try {
    const json = JSON.stringify(value);
    if (json === undefined) return null;
    return json.replace(
      /[\u007f-\uffff]/g,
      (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, "0")}`,
    );
  } catch {
    return null;
  }
}

function byteLength(text: string): number {
  return new TextEncoder().encode(text).length;
}

function hasControl(text: string): boolean {
  for (const char of text) {
    const code = char.charCodeAt(0);
    if (code < 0x20 || code === 0x7f) return true;
  }
  return false;
}
