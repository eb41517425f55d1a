/**
 * The key and the messages on their way to it, in the small world of the exhaustive search.
 *
 * @module
 */

import type { Effect } from "../../src/lease/model.ts";

/** One message on its way to the server. */
export interface Message {
  readonly client: number;
  /** False after its client has given up waiting for the answer. */
  readonly awaited: boolean;
  readonly act: "write" | "read" | "remove";
  readonly expected: number;
  readonly attempt: string | null;
  readonly fresh: boolean;
  /**
   * True for a write whose client did nothing wrong if the write is stored after the client gave up. There are two
   * cases. The write expects 0 and was under way while the key had another revision: the key returns to 0 by itself,
   * and no removal can fence off such a write in the meantime. Or the write belongs to an earlier attempt, whose hold
   * was lost: its record expires by itself. The record of such a write has no holder for one lease length.
   */
  readonly excused: boolean;
}

/** The message under the key. */
export interface Standing {
  readonly revision: number;
  readonly client: number;
  /** Nonce of the record; `null` for a release marker. */
  readonly attempt: string | null;
  /** The server may expire it from this step on. */
  readonly goneFrom: number;
  /** True if an excused write, or one of an earlier attempt, stored it. */
  readonly excused: boolean;
}

/** An effect that sends a message. */
export type Request = Extract<Effect, { act: Message["act"] }>;

/** True for an effect that sends a message. */
export function isRequest(effect: Effect): effect is Request {
  return effect.act === "write" || effect.act === "read" || effect.act === "remove";
}

/** The message of a request that is sent while the key is at `revision`. */
export function messageOf(request: Request, client: number, revision: number): Message {
  const message: Message = {
    client,
    awaited: true,
    act: request.act,
    expected: request.act === "read" ? 0 : request.expected,
    attempt: request.act === "write" ? request.attempt : null,
    fresh: request.act === "read" && request.fresh,
    excused: false,
  };
  return excusing(message, revision);
}

/** The network after a client stopped waiting. Its messages may still be performed if that can change anything. */
export function givenUp(net: readonly Message[], client: number, revision: number): Message[] {
  const rest: Message[] = [];
  for (const message of net) {
    if (message.client !== client || !message.awaited) rest.push(message);
    else if (mayLand(message, revision)) rest.push({ ...message, awaited: false });
  }
  return rest;
}

/** The network after the key got another revision. */
export function movedOn(net: readonly Message[], revision: number): Message[] {
  const rest: Message[] = [];
  for (const message of net) {
    if (!message.awaited && !mayLand(message, revision)) continue;
    rest.push(excusing(message, revision));
  }
  return rest;
}

function excusing(message: Message, revision: number): Message {
  const passed = revision > 0 && message.expected === 0 && message.act === "write" && !message.excused;
  return passed ? { ...message, excused: true } : message;
}

/**
 * Revisions above 0 never return. A message that nobody waits for and that can never be applied is the same as a lost
 * one.
 */
function mayLand({ act, expected }: Message, revision: number): boolean {
  return act !== "read" && (expected === 0 || expected === revision);
}
