/**
 * The lease's state machine: one pure function that takes every decision of a lease's life.
 *
 * `keeper.ts` performs the effects. Time and answers come in as events; nothing here reads a clock or sends a message.
 */

import { held } from "./held.ts";
import { again, leave, leaving } from "./leaving.ts";
import {
  type Idle,
  type LeaseEvent,
  type LeaseRules,
  type LeaseState,
  type Memory,
  NO_BURST,
  type Step,
  type StepContext,
} from "./model.ts";
import { isAnswer, isOther, lastSeenOf, pauseFor, stepTo } from "./steps.ts";
import { seek, seeking } from "./seeking.ts";
import type { KeyState } from "../store/record.ts";

/** A machine that has seen nothing yet. */
export function initialState(epoch: string): LeaseState {
  return { memory: unseen(epoch, 0), phase: { at: "idle", end: null, busy: null } };
}

/**
 * One step.
 *
 * @param state where the machine stands
 * @param event what happened
 * @param now time in milliseconds on the candidate's own clock, read before the effects are performed: what is written
 * because of this step counts as sent at `now` (L1)
 * @param rules what is constant
 */
export function step(state: LeaseState, event: LeaseEvent, now: number, rules: LeaseRules): Step {
  const { epoch } = state.memory;
  const epochChanged = isAnswer(event) && isOther(event.epoch, epoch);
  const context: StepContext = { memory: updateMemory(state.memory, event, now), now, rules, epochChanged };
  const { state: { memory, phase }, effects } = limitBurst(decide(context, state, event), event, context);
  const high = Math.max(memory.high, revisionIn(event));
  return { state: { memory: { ...memory, high }, phase }, effects };
}

/** No answers, whatever they say, lead to more requests in a row than this without a pause. */
const LONGEST_BURST = 5;

/** Counts the requests since the last pause, and puts a pause in place of one too many. */
function limitBurst({ state: { memory, phase }, effects }: Step, event: LeaseEvent, context: StepContext): Step {
  const requests = effects.filter(({ act }) => act !== "pause").length;
  if (!isAnswer(event)) return stepTo({ ...memory, burst: { requests, error: null } }, phase, ...effects);
  const error = "error" in event ? event.error : memory.burst.error;
  const burst = { requests: memory.burst.requests + requests, error };
  if (requests === 0 || burst.requests <= LONGEST_BURST) return stepTo({ ...memory, burst }, phase, ...effects);
  const rested = { ...context, memory: { ...memory, burst: NO_BURST } };
  if (phase.at === "leaving") return again(rested, { ...phase, busy: null }, { error, why: "burst" });
  return stepTo(rested.memory, { ...phase, busy: null }, pauseFor(error, "burst"));
}

/** True while the lease may be acted on; compared at every look (L5). */
export function isHeld({ phase }: LeaseState, now: number): boolean {
  return phase.at === "held" && now < phase.validUntil;
}

/** True where asking again at once would change nothing: held, or ended for a reason that lies elsewhere. */
export function isSettled({ phase }: LeaseState): boolean {
  if (phase.at !== "idle" || phase.end === null) return phase.at === "held";
  const { end } = phase;
  return end.kind === "refused" || end.kind === "failed" ||
    (end.kind === "lost" && (end.why === "superseded" || end.why === "closed"));
}

/**
 * What a settled machine says to the one who asked: held, refused by what was seen, or superseded by what was not.
 *
 * @throws the error that it failed with
 */
export function resultOf({ phase }: LeaseState): "held" | "superseded" | KeyState {
  if (phase.at === "held") return "held";
  const end = phase.at === "idle" ? phase.end : null;
  if (end !== null && "error" in end && end.error !== null) throw end.error;
  return end?.kind === "refused" ? end.by : "superseded";
}

/** An answer ends the request in flight before anything else is decided: else a fence waits for what has come. */
function decide(context: StepContext, { phase }: LeaseState, event: LeaseEvent): Step {
  const busy = isAnswer(event) ? null : phase.busy;
  switch (phase.at) {
    case "idle":
      return idle(context, { ...phase, busy }, event);
    case "seeking":
      return seeking(context, { ...phase, busy }, event);
    case "held":
      return held(context, { ...phase, busy }, event);
    case "leaving":
      return leaving(context, { ...phase, busy }, event, phase.busy);
  }
}

function idle(context: StepContext, phase: Idle, event: LeaseEvent): Step {
  const { memory, now, rules } = context;
  switch (event.on) {
    case "start":
      // A late answer to the last hold's request must not be taken for an answer to the new one's.
      return phase.busy === null ? seek(context, event.since) : stepTo(memory, phase);
    case "leave": {
      // Perhaps an earlier life of this id, or an answer still to come, left a record.
      const end = { kind: "released" as const, token: null };
      const until = now + rules.ttl;
      return leave(context, { of: "id", target: null, stake: "doubt", until, end, busy: phase.busy });
    }
    case "applied":
      return stepTo(
        { ...memory, lastSeen: { revision: event.revision, takeable: true, until: now + rules.ttl } },
        phase,
      );
    case "hint": {
      // A pushed release: the next grant may be asked for on it without a look, since the write itself is the proof.
      const { keyState } = event;
      return stepTo(
        keyState.kind === "vacant" ? { ...memory, lastSeen: lastSeenOf(keyState, context) } : memory,
        phase,
      );
    }
    default:
      return stepTo(memory, phase);
  }
}

/** In another stream nothing that was seen holds; a fresh look has asked whether it is one. */
function updateMemory(memory: Memory, event: LeaseEvent, now: number): Memory {
  if (!("epoch" in event)) return memory;
  const isFresh = isAnswer(event) && event.fresh === true;
  const checkedAt = isFresh ? now : "checkedAt" in event ? event.checkedAt : -Infinity;
  if (event.epoch !== memory.epoch) {
    return { ...unseen(event.epoch, memory.grants), checkedAt, burst: memory.burst };
  }
  const latest = Math.max(memory.checkedAt, checkedAt);
  return { ...memory, suspect: memory.suspect && !isFresh, checkedAt: latest };
}

/** The revision that an answer shows: an older answer after it is stale. A hint may be forged and shows nothing. */
function revisionIn(event: LeaseEvent): number {
  if (event.on === "applied") return event.revision;
  if (event.on === "conflict") return event.current ?? 0;
  return event.on === "seen" ? event.keyState.revision : 0;
}

function unseen(epoch: string, grants: number): Memory {
  const lastSeen = { revision: 0, takeable: true, until: Infinity };
  return { epoch, high: 0, lastSeen, grants, suspect: false, checkedAt: -Infinity, burst: NO_BURST };
}
