/**
 * Messages between a client and the server, and what their text holds.
 *
 * @module
 */

import type { ApiError } from "./api_errors.ts";
import type { Headers } from "./headers.ts";

/** A message on its way: a request, an answer, or one that the server sends by itself. */
export interface WireMessage {
  readonly subject: string;
  readonly headers: Headers;
  readonly data: Uint8Array;
  readonly reply?: string;
  /** Status line of the headers; 0 or missing = none. */
  readonly code?: number;
  readonly description?: string;
}

/** A message without anything. */
export const EMPTY: WireMessage = { subject: "", headers: [], data: new Uint8Array() };

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** An answer in JSON. */
export function json(value: object): WireMessage {
  return { ...EMPTY, data: encoder.encode(JSON.stringify(value)) };
}

/** The answer that refuses a request. */
export function refused(error: ApiError): WireMessage {
  return json({ error });
}

/** An answer that is a status line. */
export function status(code: number, description: string, headers: Headers = []): WireMessage {
  return { ...EMPTY, code, description, headers };
}

/** What a server sends to a reply subject if nobody serves the subject of the request. */
export const NO_RESPONDERS: WireMessage = status(503, "");

/** The object that a request holds; an empty one if it holds nothing. */
export function parse<T extends object>(data: Uint8Array): T {
  return (data.length === 0 ? {} : JSON.parse(decoder.decode(data))) as T;
}

/** A time as the server writes it, in nanoseconds. */
export function timeOf(ms: number, nanos = 0): string {
  return new Date(Math.floor(ms)).toISOString().replace("Z", `${String(nanos).padStart(6, "0")}Z`);
}
