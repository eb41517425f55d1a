/**
 * Headers of messages as pairs, and as the client's own objects.
 *
 * @module
 */

import { headers, type MsgHdrs } from "@nats-io/nats-core";

/** Headers in the order in which they were sent. */
export type Headers = readonly (readonly [name: string, value: string])[];

/** The pairs of the client's object. */
export function pairsOf(hdrs: MsgHdrs | undefined): Headers {
  if (hdrs === undefined) return [];
  return hdrs.keys().flatMap((name) => hdrs.values(name).map((value) => [name, value] as const));
}

/** The client's object of pairs, with a status line if `code` is given. */
export function hdrsOf(pairs: Headers, code = 0, description = ""): MsgHdrs {
  const made = headers(code, description);
  for (const [name, value] of pairs) made.append(name, value);
  return made;
}

/** Base64 of headers as they are stored; empty if there are none. */
export function storedHeaders(pairs: Headers): string {
  if (pairs.length === 0) return "";
  return base64(
    new TextEncoder().encode(`NATS/1.0\r\n${pairs.map(([name, value]) => `${name}: ${value}\r\n`).join("")}\r\n`),
  );
}

/** Base64 of bytes. */
export function base64(bytes: Uint8Array): string {
  return btoa(String.fromCharCode(...bytes));
}
