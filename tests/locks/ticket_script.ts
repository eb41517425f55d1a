/**
 * Scripts of events for the state machine of a ticket, and its reaction as one line of text.
 *
 * @module
 */

import { ConnectionError } from "../../src/base/errors.ts";
import { startTicket, ticketStep } from "../../src/locks/ticket.ts";
import type { TicketEffect, TicketEvent, TicketState } from "../../src/locks/ticket_model.ts";

/** An error that waiting may cure, and one that it does not. */
export const TROUBLE = new ConnectionError("timeout", "No answer");
export const DENIED = new ConnectionError("denied", "No right");

export const leave: TicketEvent = { on: "leave" };
export const retry: TicketEvent = { on: "retry" };
export const granted: TicketEvent = { on: "granted" };
export const removed: TicketEvent = { on: "removed" };
export const unknown: TicketEvent = { on: "unknown", error: TROUBLE };
export const hopeless: TicketEvent = { on: "unknown", error: DENIED };
export const failed: TicketEvent = { on: "failed", error: TROUBLE };
export const denied: TicketEvent = { on: "failed", error: DENIED };
export const applied = (revision: number): TicketEvent => ({ on: "applied", revision });
export const conflict = (current: number | null): TicketEvent => ({ on: "conflict", current });
export const vacant = (revision: number): TicketEvent => (
  { on: "seen", keyState: { kind: "vacant", revision }, isOwn: false }
);
/** A read that shows a ticket: the own one, or another one. */
export const shows = (revision: number, isOwn: boolean): TicketEvent => (
  { on: "seen", keyState: { kind: "foreign", revision }, isOwn }
);

/** Plays events after the first write, on revision `expected`. Returns the last state and its effects as a line. */
export function play(expected: number, ...script: readonly TicketEvent[]): string {
  let { state, effects } = startTicket(expected, 0);
  for (const event of script) ({ state, effects } = ticketStep(state, event, 0));
  return [nameOf(state), ...effects.map(wordsOf)].join(" > ");
}

function nameOf(state: TicketState): string {
  switch (state.at) {
    case "queued":
    case "held":
    case "leaving":
      return `${state.at} ${state.place}`;
    case "gone":
      return `gone ${state.end.why}${"marker" in state.end ? ` ${state.end.marker}` : ""}${
        state.end.error ? " !" : ""
      }`;
    default:
      return state.unwanted ? `${state.at} unwanted` : state.at;
  }
}

function wordsOf(effect: TicketEffect): string {
  switch (effect.act) {
    case "write":
      return `write ${effect.attempt} on ${effect.expected}`;
    case "read":
      return "read";
    case "remove":
      return `${effect.markerTtl === undefined ? "remove" : "fence"} ${effect.expected}`;
    case "pause":
      return `pause ${effect.why}`;
  }
}
