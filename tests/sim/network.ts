/**
 * The key and the messages on their way to it, for the small world of the exhaustive search.
 *
 * @module
 */

import type { Effect } from "../../src/lease/model.ts";

/** One message on its way to the server. */
export interface Message {
  readonly client: number;
  /** False once its client has given up waiting for the answer. */
  readonly awaited: boolean;
  readonly act: "write" | "read" | "remove";
  readonly expected: number;
  readonly attempt: string | null;
  readonly fresh: boolean;
  /**
   * True for a write whose landing is no fault of its client's letting go: one that expects 0 and was under way while
   * the key stood elsewhere (the key comes back to 0 by itself, and no removal can fence off what expects 0 then), or
   * one of an earlier try, whose hold was lost (it runs out by itself). It is an orphan for one lease length.
   */
  readonly excused: boolean;
}

/** What stands under the key. */
export interface Standing {
  readonly revision: number;
  readonly client: number;
  /** Nonce of the record; `null` for the mark of a release. */
  readonly attempt: string | null;
  /** From this step on the server may let it expire. */
  readonly goneFrom: number;
  /** True if an excused write put it there, or one of an earlier try. */
  readonly excused: boolean;
}

/** An effect that sends a message. */
export type Request = Extract<Effect, { act: Message["act"] }>;

/** True for an effect that sends a message. */
export function isRequest(effect: Effect): effect is Request {
  return effect.act === "write" || effect.act === "read" || effect.act === "remove";
}

/** What a request sends while the key stands at `revision`. */
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

/** The net once a client waits no more: what it sent may be carried out yet, as far as that changes anything. */
export function givenUp(net: readonly Message[], client: number, revision: number): Message[] {
  const rest: Message[] = [];
  for (const message of net) {
    if (message.client !== client || !message.awaited) rest.push(message);
    else if (mayLand(message, revision)) rest.push({ ...message, awaited: false });
  }
  return rest;
}

/** The net once the key stands at another revision. */
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

/** Revisions above 0 never come back; what nobody waits for and can never be applied is as good as lost. */
function mayLand({ act, expected }: Message, revision: number): boolean {
  return act !== "read" && (expected === 0 || expected === revision);
}
