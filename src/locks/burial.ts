/**
 * The state machine that finds out whether another session is dead: a pure function, `burialStep()`.
 *
 * A session is dead once a marker stands on its key: its own, or one that was put there by others. A marker can be put
 * there only if the record of the session is gone, and from then on no renewal of it can be stored. Neither a record
 * that a read does not show nor one that was not renewed in time proves anything: a former stream leader removes what
 * expired by its own clock while the session is renewed at the new one.
 */

import type { NatslockError } from "../base/errors.ts";
import type { KeyState } from "../store/record.ts";

/** The state of a session as another session knows it. */
export type BurialState =
  /** Its record is being read. `timed`: revision whose time was up; 0 = none. `refusals`: of the marker, in a row. */
  | { readonly at: "asking"; readonly timed: number; readonly refusals: number }
  /**
   * It lives: its record at `revision`, read or pushed, expires at `expiry` unless it is renewed. At `due` its key is
   * read, because pushes alone do not keep it alive.
   */
  | {
    readonly at: "alive";
    readonly revision: number;
    readonly expiry: number;
    readonly readAt: number;
    readonly due: number;
  }
  /** Its time is up, and a marker was sent to its key. */
  | { readonly at: "burying"; readonly timed: number; readonly refusals: number }
  /** It is over, and cannot come back. */
  | { readonly at: "dead" };

/** What happens to a session. */
export type BurialEvent =
  /** A read of its key. `age`: how long ago the server stored the message, in milliseconds; `undefined` if unknown. */
  | { readonly on: "seen"; readonly keyState: KeyState; readonly age: number | undefined }
  /** A pushed change of its key. */
  | { readonly on: "push"; readonly keyState: KeyState }
  /** An answer to the marker. */
  | { readonly on: "applied" }
  | { readonly on: "conflict"; readonly current: number | null }
  | { readonly on: "unknown" | "failed"; readonly error: NatslockError }
  /** A pause is over, or the time of its record is up. */
  | { readonly on: "due" };

/** What has to be done. */
export type BurialEffect =
  | { readonly act: "read" }
  | { readonly act: "bury" }
  /** Pause until the next try. `refusals` makes the pause longer. */
  | { readonly act: "pause"; readonly refusals: number; readonly error: NatslockError | null };

/** The next state, and what has to be done. */
export interface BurialStep {
  readonly state: BurialState;
  readonly effects: readonly BurialEffect[];
}

/** Times in milliseconds. */
export interface BurialTimes {
  /** Lease length of a session whose record does not tell it. */
  readonly ttl: number;
  /** How long after the end of a lease the server may still keep the record, and how long others go first. */
  readonly slack: number;
}

/** For how many lease lengths pushes keep a session alive without a read. */
const LONGEST_TRUST = 3;

const to = (state: BurialState, ...effects: BurialEffect[]): BurialStep => ({ state, effects });
const DEAD: BurialStep = { state: { at: "dead" }, effects: [] };

/** Returns the first step: a read of the session's key. */
export const startBurial = (): BurialStep => read(0, 0);

/**
 * Returns the next state and the effects of one event.
 *
 * @param state the current state
 * @param event what happened
 * @param now time in milliseconds by the own clock
 * @param times how long a session may be silent
 */
export function burialStep(state: BurialState, event: BurialEvent, now: number, times: BurialTimes): BurialStep {
  switch (state.at) {
    case "asking":
      return asking(state, event, now, times);
    case "alive":
      return alive(state, event, now, times);
    case "burying":
      return burying(state, event);
    case "dead":
      return to(state);
  }
}

type State<At extends BurialState["at"]> = Extract<BurialState, { at: At }>;

function asking(state: State<"asking">, event: BurialEvent, now: number, times: BurialTimes): BurialStep {
  const { timed, refusals } = state;
  switch (event.on) {
    case "seen": {
      const { keyState, age = 0 } = event;
      if (keyState.kind === "vacant") return keyState.revision > 0 ? DEAD : bury(timed, refusals);
      const { revision } = keyState;
      // The server is late: the record whose time is up still stands.
      if (revision === timed) return bury(timed, refusals);
      const expiry = now - age + lengthOf(keyState, times) + times.slack;
      return expiry <= now ? bury(revision, refusals) : to({ at: "alive", revision, expiry, readAt: now, due: expiry });
    }
    case "unknown":
    case "failed":
      return to({ ...state, refusals: refusals + 1 }, { act: "pause", refusals: refusals + 1, error: event.error });
    case "due":
      return read(timed, refusals);
    default:
      return to(state);
  }
}

function alive(state: State<"alive">, event: BurialEvent, now: number, times: BurialTimes): BurialStep {
  if (event.on === "due") return now >= state.expiry ? bury(state.revision, 0) : read(0, 0);
  if (event.on !== "push" || event.keyState.revision <= state.revision) return to(state);
  const { keyState } = event;
  // The session seems to be closed or buried.
  if (keyState.kind === "vacant") return read(0, 0);
  // Pushes can be forged. So they keep a session alive only for a while, and then its key decides.
  const length = lengthOf(keyState, times);
  const expiry = now + length + times.slack;
  return to({
    ...state,
    revision: keyState.revision,
    expiry,
    due: Math.min(expiry, state.readAt + LONGEST_TRUST * length),
  });
}

function burying(state: State<"burying">, event: BurialEvent): BurialStep {
  const { timed, refusals } = state;
  switch (event.on) {
    case "applied":
      return DEAD;
    case "conflict":
      if (event.current !== null) return read(timed, refusals + 1);
      return to({ ...state, refusals: refusals + 1 }, { act: "pause", refusals: refusals + 1, error: null });
    case "unknown":
      return read(timed, refusals + 1);
    case "failed":
      return to({ ...state, refusals: refusals + 1 }, { act: "pause", refusals: refusals + 1, error: event.error });
    case "due":
      return to(state, { act: "bury" });
    default:
      return to(state);
  }
}

/** Returns the lease length in a session's record; the default for a foreign value. */
function lengthOf(keyState: KeyState, { ttl }: BurialTimes): number {
  return keyState.kind === "held" ? keyState.record.ttl ?? ttl : ttl;
}

const read = (timed: number, refusals: number): BurialStep => to({ at: "asking", timed, refusals }, { act: "read" });

/** Sends a marker: at once, or after a pause if one was refused. */
function bury(timed: number, refusals: number): BurialStep {
  const effect: BurialEffect = refusals === 0 ? { act: "bury" } : { act: "pause", refusals, error: null };
  return to({ at: "burying", timed, refusals }, effect);
}
