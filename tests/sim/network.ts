/**
 * Messages on their way, for the small world of the exhaustive search.
 *
 * @module
 */

import type { Effect } from "../../src/lease_model.ts";

/** One message on its way to the server. */
export interface Message {
  readonly client: number;
  /** False once its client has given up waiting for the answer. */
  readonly awaited: boolean;
  readonly act: "write" | "read" | "remove";
  readonly expected: number;
  readonly attempt: string | null;
  readonly fresh: boolean;
}

/** A message whose client no longer waits for it. */
export function given(message: Message, index: number): Message[] {
  if (message.client !== index || !message.awaited) return [message];
  return message.act === "read" ? [] : [{ ...message, awaited: false }];
}

/** What an effect sends. */
export function messageOf(request: Effect, client: number): Message {
  if (request.act === "read") {
    return { client, awaited: true, act: "read", expected: 0, attempt: null, fresh: request.fresh };
  }
  if (request.act !== "write" && request.act !== "remove") throw new Error("Cannot send what is no request");
  const attempt = request.act === "write" ? request.attempt : null;
  return { client, awaited: true, act: request.act, expected: request.expected, attempt, fresh: false };
}
