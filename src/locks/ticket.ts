/**
 * The state machine of one ticket: a pure function, `ticketStep()`, that takes every decision in its life.
 *
 * `writing -> queued -> held -> leaving -> gone`, and `doubtful` if no answer to the write came. Answers and the wishes
 * of the request come in as events. Nothing here reads a clock or sends a message.
 */

import type { NatslockError } from "../base/errors.ts";
import type { KeyState } from "../store/record.ts";

/** How the life of a ticket ended. */
export type TicketEnd =
  /**
   * Nothing of it is stored, or it will be removed by others or expire. `marker`: revision of its release marker, if it
   * is known. `error` tells why the ticket could not be removed.
   */
  | { readonly why: "left"; readonly marker: number | null; readonly error: NatslockError | null }
  /** Another removed it. */
  | { readonly why: "removed"; readonly error: null }
  /** It could not be written, and waiting does not help. */
  | { readonly why: "failed"; readonly error: NatslockError }
  /** The write was made impossible by a marker that stays for an hour. Another slot has to be used. */
  | { readonly why: "fenced"; readonly error: null };

/** The write that a ticket waits for, or waited for. */
interface Write {
  /** Revision of the key that the write expects. */
  readonly expected: number;
  /** Number of the write, which makes its nonce unique. */
  readonly attempt: number;
  /** When the write was sent. */
  readonly sentAt: number;
  /** True if the ticket is not wanted any more: what is stored has to be removed. */
  readonly unwanted: boolean;
}

/** The state of a ticket. */
export type TicketState =
  /** The write was sent. `busy` is false during a pause. */
  | { readonly at: "writing"; readonly busy: boolean } & Write
  /** The outcome of the write is unknown. `busy`: what was sent to find out. `recheck` is a read after a refused fence. */
  | { readonly at: "doubtful"; readonly busy: "read" | "fence" | "recheck" | null } & Write
  /** It is stored at `place`. */
  | { readonly at: "queued" | "held"; readonly place: number; readonly attempt: number; readonly sentAt: number }
  /** Its removal was sent. `inDoubt`: an earlier removal had no answer, so it may be stored without a push. */
  | { readonly at: "leaving"; readonly place: number; readonly inDoubt: boolean }
  | { readonly at: "gone"; readonly end: TicketEnd };

/** What happens to a ticket. */
export type TicketEvent =
  /** An answer to a write or a removal. */
  | { readonly on: "applied"; readonly revision: number }
  | { readonly on: "conflict"; readonly current: number | null }
  | { readonly on: "unknown" | "failed"; readonly error: NatslockError }
  /** An answer to a read. `isOwn`: it shows the latest write of this ticket. */
  | { readonly on: "seen"; readonly keyState: KeyState; readonly isOwn: boolean }
  /** A pause is over. */
  | { readonly on: "retry" }
  /** The queue has room. */
  | { readonly on: "granted" }
  /** The request does not want it any more. */
  | { readonly on: "leave" }
  /** It is proven that another removed it. */
  | { readonly on: "removed" };

/** What has to be done. At most one request of a ticket is in flight. */
export type TicketEffect =
  | { readonly act: "write"; readonly expected: number; readonly attempt: number }
  | { readonly act: "read" }
  | { readonly act: "remove"; readonly expected: number; readonly markerTtl?: number }
  | { readonly act: "pause"; readonly why: "contention" | "trouble"; readonly error: NatslockError | null };

/** The next state, and what has to be done. */
export interface TicketStep {
  readonly state: TicketState;
  readonly effects: readonly TicketEffect[];
}

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
      if (state.attempt % LONGEST_BURST === 0) {
        return paused({ ...state, expected: event.current }, "contention", null);
      }
      return write({ ...state, expected: event.current }, now);
    case "unknown":
      return state.unwanted ? fence(state) : to({ ...state, at: "doubtful", busy: "read" }, { act: "read" });
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
 * a removal at the revision that the write expects makes the write impossible, or is refused since the key has moved.
 */
function doubtful(state: Doubtful, event: TicketEvent, now: number): TicketStep {
  switch (event.on) {
    case "seen":
      if (event.isOwn) return stored(state, event.keyState.revision);
      if (event.keyState.revision !== state.expected) return impossible(state, event.keyState.revision, now);
      // After a refused fence this is the answer of a former stream leader.
      return state.busy === "recheck" ? unsure(state, "contention", null) : fence(state);
    case "applied":
      return impossible(state, event.revision, now);
    case "conflict":
      if (event.current === null) return unsure(state, "contention", null);
      // A marker that expired: no later write can expect its revision.
      if (event.current === 0) return impossible(state, 0, now);
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
  if (state.unwanted) return gone(LEFT);
  // Once the marker has expired, the key is empty again, and the write could be stored. So the slot is given up.
  if (state.expected === 0) return gone({ why: "fenced", error: null });
  return write({ ...state, expected: revision }, now);
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

function stored({ attempt, sentAt, unwanted }: Write, place: number): TicketStep {
  return unwanted ? leave(place) : to({ at: "queued", place, attempt, sentAt });
}

function write({ expected, attempt, unwanted }: Write, now: number): TicketStep {
  const next = { expected, attempt: attempt + 1, sentAt: now, unwanted };
  return to({ at: "writing", busy: true, ...next }, { act: "write", expected, attempt: next.attempt });
}

function fence(state: Write): TicketStep {
  const { expected } = state;
  const marker = expected === 0 ? { markerTtl: FENCE_TTL } : {};
  return to({ ...state, at: "doubtful", busy: "fence" }, { act: "remove", expected, ...marker });
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
