/**
 * The lease's state machine: one pure function, `step()`, that takes every decision in the life of a lease.
 *
 * Time and answers come in as events. Nothing here reads a clock or sends a message. How this folder is built:
 *
 * - `model.ts`: the vocabulary. Phases, events, effects.
 * - `steps.ts`: building blocks that all phases share.
 * - `seeking.ts`, `held.ts`, `leaving.ts`: the decisions of one phase each.
 * - `state.ts`: one step. It updates what is known, lets the phase decide, and limits requests without a pause.
 * - `keeper.ts`: performs the effects and feeds the answers and the timer back in as events.
 * - `key_context.ts`: sends the requests, and knows the bucket's settings.
 * - `lease.ts`: what a user gets. `events.ts` and `leadership.ts`: what a user is told.
 * - `candidate.ts`, `timing.ts`: the options, checked.
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

/** Returns the state of a machine that has seen nothing yet. */
export function initialState(epoch: string): LeaseState {
  return { memory: unseen(epoch, 0), phase: { at: "idle", end: null, busy: null } };
}

/**
 * Returns the next state and the effects of one event.
 *
 * @param state the current state
 * @param event what happened
 * @param now time in milliseconds by the candidate's own clock, read before the effects are performed. A write that
 * this step asks for counts as sent at `now`, so its lease starts no later than the server's
 * @param rules values that are constant during the step
 */
export function step(state: LeaseState, event: LeaseEvent, now: number, rules: LeaseRules): Step {
  const { epoch } = state.memory;
  const epochChanged = isAnswer(event) && isOther(event.epoch, epoch);
  const context: StepContext = { memory: updateMemory(state.memory, event), now, rules, epochChanged };
  const { state: { memory, phase }, effects } = limitBurst(decide(context, state, event), event, context);
  const high = Math.max(memory.high, revisionIn(event));
  return { state: { memory: { ...memory, high }, phase }, effects };
}

/** Most requests in a row that answers may cause without a pause. Whatever a store answers, it is not flooded. */
const LONGEST_BURST = 5;

/** Counts the requests since the last pause, and replaces one that exceeds the limit with a pause. */
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

/** Returns true while the lease is valid. Compares the clock at each call and relies on no timer. */
export function isHeld({ phase }: LeaseState, now: number): boolean {
  return phase.at === "held" && now < phase.validUntil;
}

/** Returns true if asking again at once changes nothing: held, refused, failed, superseded or closed. */
export function isSettled({ phase }: LeaseState): boolean {
  if (phase.at !== "idle" || phase.end === null) return phase.at === "held";
  const { end } = phase;
  return end.kind === "refused" || end.kind === "failed" ||
    (end.kind === "lost" && (end.why === "superseded" || end.why === "closed"));
}

/**
 * Returns what a settled machine answers to its caller: `"held"`, the key state that refused it, or `"superseded"` if
 * the hold was lost to another record.
 *
 * @throws the error that the hold or try ended with
 */
export function resultOf({ phase }: LeaseState): "held" | "superseded" | KeyState {
  if (phase.at === "held") return "held";
  const end = phase.at === "idle" ? phase.end : null;
  if (end !== null && "error" in end && end.error !== null) throw end.error;
  return end?.kind === "refused" ? end.by : "superseded";
}

/**
 * Lets the current phase decide. Clears the in-flight flag before it handles an answer: otherwise a removal that waits
 * for the request in flight would wait for an answer that has already come.
 */
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
      // A request of the last hold is still in flight. Its answer must not be mistaken for one to the new try.
      return phase.busy === null ? seek(context, event.since) : stepTo(memory, phase);
    case "leave": {
      // A record may be stored: by an earlier process with this id, or by a request whose answer has not come yet.
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
      // After a pushed release the next write needs no read: it succeeds only if the key is still at that revision.
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

/** Updates what is known by an event. In another stream everything seen before is void. A check clears `suspect`. */
function updateMemory(memory: Memory, event: LeaseEvent): Memory {
  if (!("epoch" in event)) return memory;
  const { checkedAt = -Infinity } = event;
  if (event.epoch !== memory.epoch) {
    return { ...unseen(event.epoch, memory.grants), checkedAt, burst: memory.burst };
  }
  const latest = Math.max(memory.checkedAt, checkedAt);
  return {
    ...memory,
    suspect: memory.suspect && !(isAnswer(event) && event.checkedAt !== undefined),
    checkedAt: latest,
  };
}

/** Returns the revision that an answer shows; 0 if none. A hint does not count, since it may be forged. */
function revisionIn(event: LeaseEvent): number {
  if (event.on === "applied") return event.revision;
  if (event.on === "conflict") return event.current ?? 0;
  return event.on === "seen" ? event.keyState.revision : 0;
}

function unseen(epoch: string, grants: number): Memory {
  const lastSeen = { revision: 0, takeable: true, until: Infinity };
  return { epoch, high: 0, lastSeen, grants, suspect: false, checkedAt: -Infinity, burst: NO_BURST };
}
