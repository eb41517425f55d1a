/**
 * Headers of messages as pairs, and as the client's own objects.
 *
 * @module
 */

import { headers, type MsgHdrs } from "@nats-io/nats-core";
import { MsgHdrsImpl } from "@nats-io/nats-core/internal";

/** Headers in the order in which they were sent. */
export type Headers = readonly (readonly [name: string, value: string])[];

/** The pairs of the client's object. */
export function pairsOf(hdrs: MsgHdrs | undefined): Headers {
  if (hdrs === undefined) return [];
  return hdrs.keys().flatMap((name) => hdrs.values(name).map((value) => [name, value] as const));
}

/** The client's object of pairs, with a status line if `code` is given. */
export function hdrsOf(pairs: Headers, code = 0, description = ""): MsgHdrs {
  // `headers()` takes no status without a description, which the server sends if nobody serves a subject.
  const made = code === 0 ? headers() : MsgHdrsImpl.decode(encoded([], ` ${code} ${description}`));
  for (const [name, value] of pairs) made.append(name, value);
  return made;
}

/** Base64 of headers as they are stored; empty if there are none. */
export function storedHeaders(pairs: Headers): string {
  return pairs.length === 0 ? "" : base64(encoded(pairs));
}

function encoded(pairs: Headers, status = ""): Uint8Array {
  const lines = pairs.map(([name, value]) => `${name}: ${value}\r\n`).join("");
  return new TextEncoder().encode(`NATS/1.0${status}\r\n${lines}\r\n`);
}

/** Base64 of bytes. */
export function base64(bytes: Uint8Array): string {
  return btoa(String.fromCharCode(...bytes));
}
