/**
 * The state machine of one ticket: a pure function, `ticketStep()`, that takes every decision in its life.
 *
 * `writing -> queued -> held -> leaving -> gone`, and `doubtful` if no answer to the write came. Answers and the wishes
 * of the request come in as events. Nothing here reads a clock or sends a message.
 */

import type { NatslockError } from "../base/errors.ts";
import type { TicketEffect, TicketEnd, TicketEvent, TicketState, TicketStep, TicketWrite } from "./ticket_model.ts";

/** How long a marker stays that makes a write on an empty key impossible: an hour, in milliseconds. */
export const FENCE_TTL = 3_600_000;

/** After this many writes in a row that were refused, the next one waits for a pause. */
const LONGEST_BURST = 3;

type Writing = Extract<TicketState, { at: "writing" }>;
type Doubtful = Extract<TicketState, { at: "doubtful" }>;
type Leaving = Extract<TicketState, { at: "leaving" }>;

const to = (state: TicketState, ...effects: TicketEffect[]): TicketStep => ({ state, effects });
const gone = (end: TicketEnd): TicketStep => to({ at: "gone", end });
const LEFT: TicketEnd = { why: "left", marker: null, error: null };

/** Returns the first step of a ticket: its write on a key at revision `expected`. */
export function startTicket(expected: number, now: number): TicketStep {
  return write({ expected, attempt: 0, sentAt: now, unwanted: false }, now);
}

/**
 * Returns the next state and the effects of one event.
 *
 * @param state the current state
 * @param event what happened
 * @param now time in milliseconds by the own clock, read before the effects are performed
 */
export function ticketStep(state: TicketState, event: TicketEvent, now: number): TicketStep {
  switch (state.at) {
    case "writing":
      return writing(state, event, now);
    case "doubtful":
      return doubtful(state, event, now);
    case "queued":
    case "held":
      if (event.on === "granted") return to({ ...state, at: "held" });
      if (event.on === "removed") return gone({ why: "removed", error: null });
      return event.on === "leave" ? leave(state.place) : to(state);
    case "leaving":
      return leaving(state, event);
    case "gone":
      return to(state);
  }
}

function writing(state: Writing, event: TicketEvent, now: number): TicketStep {
  switch (event.on) {
    case "applied":
      return stored(state, event.revision);
    case "conflict":
      if (state.unwanted) return gone(LEFT);
      if (event.current === null) return paused(state, "contention", null);
      // Only this session writes to the key: what stands there is a marker or an earlier write of its own.
      return rewrite(state, event.current, now);
    case "unknown":
      return state.unwanted
        ? fence({ ...state, error: null }, state.expected)
        : to({ ...state, at: "doubtful", busy: "read", error: hopeless(event.error) }, { act: "read" });
    case "failed":
      if (!event.error.transient) return gone({ why: "failed", error: event.error });
      return state.unwanted ? gone(LEFT) : paused(state, "trouble", event.error);
    case "retry":
      return write(state, now);
    case "leave":
      return state.busy ? to({ ...state, unwanted: true }) : gone(LEFT);
    default:
      return to(state);
  }
}

/**
 * The write has no answer: it may be stored, or may still be stored later. A read that shows it settles the doubt. Else
 * a removal at the revision that the write expects makes the write impossible, or is refused since the key has moved. If
 * the write expects an empty key, the removal is put on whatever stands there, and its marker stays for an hour.
 */
function doubtful(state: Doubtful, event: TicketEvent, now: number): TicketStep {
  switch (event.on) {
    case "seen": {
      const { revision } = event.keyState;
      if (event.isOwn) return stored(state, revision);
      // Revisions only rise, so the write is refused whenever it arrives. A lower one may be an old answer. Above 0 there
      // is no such proof: what stands there may be a short marker, and then the key is empty again.
      if (state.expected > 0 && revision > state.expected) return impossible(state, revision, now);
      // After a refused fence this can be the answer of a former stream leader.
      return state.busy === "recheck" ? unsure(state, "contention", null) : fence(state, revision);
    }
    case "applied":
      return impossible(state, event.revision, now);
    case "conflict":
      if (event.current === null) return unsure(state, "contention", null);
      // A marker expired. No later write can expect its revision, but a write on an empty key is still possible.
      if (event.current === 0) return state.expected > 0 ? impossible(state, 0, now) : fence(state, 0);
      return to({ ...state, busy: "recheck" }, { act: "read" });
    case "unknown":
      return unsure(state, "trouble", event.error);
    case "failed":
      if (!event.error.transient) return gone({ why: "failed", error: event.error });
      return unsure(state, "trouble", event.error);
    case "retry":
      return to({ ...state, busy: "read" }, { act: "read" });
    case "leave":
      return to({ ...state, unwanted: true });
    default:
      return to(state);
  }
}

/** The write is not stored and never will be, because the key is at another revision than the write expects. */
function impossible(state: Doubtful, revision: number, now: number): TicketStep {
  // Once the marker has expired, the key is empty again, and the write could be stored. So the slot is given up.
  if (state.expected === 0) return gone({ why: "fenced", error: state.error });
  if (state.unwanted) return gone(LEFT);
  return state.error === null ? rewrite(state, revision, now) : gone({ why: "failed", error: state.error });
}

function leaving(state: Leaving, event: TicketEvent): TicketStep {
  switch (event.on) {
    case "applied":
      return gone({ why: "left", marker: event.revision, error: null });
    case "conflict":
      if (event.current === null) return to(state, pause("contention", null));
      // An earlier removal was stored without an answer, perhaps without a push either. Another marker is pushed.
      if (state.inDoubt && event.current > 0) return leave(event.current);
      return gone(LEFT);
    case "unknown":
      return to({ ...state, inDoubt: true }, pause("trouble", event.error));
    case "failed":
      if (!event.error.transient) return gone({ why: "left", marker: null, error: event.error });
      return to(state, pause("trouble", event.error));
    case "retry":
      return to(state, { act: "remove", expected: state.place });
    case "removed":
      return gone(LEFT);
    default:
      return to(state);
  }
}

function stored({ attempt, sentAt, unwanted }: TicketWrite, place: number): TicketStep {
  return unwanted ? leave(place) : to({ at: "queued", place, attempt, sentAt });
}

function write({ expected, attempt, unwanted }: TicketWrite, now: number): TicketStep {
  const next = { expected, attempt: attempt + 1, sentAt: now, unwanted };
  return to({ at: "writing", busy: true, ...next }, { act: "write", expected, attempt: next.attempt });
}

/** Writes again on the key at `revision`, after a pause now and then. */
function rewrite({ attempt, sentAt, unwanted }: TicketWrite, revision: number, now: number): TicketStep {
  const next = { expected: revision, attempt, sentAt, unwanted };
  if (attempt % LONGEST_BURST > 0) return write(next, now);
  return paused({ at: "writing", busy: false, ...next }, "contention", null);
}

/** Removes what stands at `revision`, so that a write that expects a lower one is refused. */
function fence(state: Omit<Doubtful, "at" | "busy">, revision: number): TicketStep {
  const expected = Math.max(revision, state.expected);
  const marker = state.expected === 0 ? { markerTtl: FENCE_TTL } : {};
  return to({ ...state, at: "doubtful", busy: "fence" }, { act: "remove", expected, ...marker });
}

/** Returns an error that would come again however often the write is repeated; else `null`. */
function hopeless(error: NatslockError): NatslockError | null {
  return error.transient ? null : error;
}

function leave(place: number): TicketStep {
  return to({ at: "leaving", place, inDoubt: false }, { act: "remove", expected: place });
}

function pause(why: "contention" | "trouble", error: NatslockError | null): TicketEffect {
  return { act: "pause", why, error };
}

function paused(state: Writing, why: "contention" | "trouble", error: NatslockError | null): TicketStep {
  return to({ ...state, busy: false }, pause(why, error));
}

function unsure(state: Doubtful, why: "contention" | "trouble", error: NatslockError | null): TicketStep {
  return to({ ...state, busy: null }, pause(why, error));
}
