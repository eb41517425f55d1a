/** Decisions while a lease is held. */

import { ConnectionError, type LossReason, type NatslockError } from "../base/errors.ts";
import { leave } from "./leaving.ts";
import type { Answer, Held, LeaseEvent, Step, StepContext } from "./model.ts";
import { finish, isAnswer, lastSeenOf, stepTo, validity } from "./steps.ts";

/**
 * What an event does while holding. Past `validUntil` the lease is over, whatever else the event says (L5). So it is in
 * another stream: the record is gone, and the same numbers there mean another's.
 */
export function held(context: StepContext, before: Held, event: LeaseEvent): Step {
  if (context.now >= before.validUntil) return overdue(context, before, event);
  if (context.epochChanged) {
    const end = { kind: "lost", why: "removed", error: null } as const;
    const until = context.now + context.rules.ttl;
    return leave(context, { of: "machine", target: null, stake: "doubt", until, end, busy: null });
  }
  const isChecked = isAnswer(event) && event.fresh === true && event.on !== "seen";
  const phase = isChecked ? { ...before, checkedAt: before.sentAt } : before;
  switch (event.on) {
    case "renew":
    case "retry":
      if (phase.busy !== null) return stepTo(context.memory, phase);
      // After a renewal that is not known to stand the next step is a look, else the same record again on our own.
      return phase.doubt === null ? write(context, phase) : look(context, phase);
    case "check":
      return phase.busy === null ? look(context, phase, true) : stepTo(context.memory, phase);
    case "applied":
      return renewed(context, phase, event.revision);
    case "unknown":
      return troubled(context, phase, event.error);
    case "conflict":
      // No loss yet: the write that stands may be our own (L6).
      if (event.current === null) return stepTo(context.memory, phase, { act: "pause", why: "contention" });
      return look(context, phase);
    case "failed":
      return failed(context, phase, event.error);
    case "seen":
      return seen(context, phase, event);
    case "leave":
      return resign(context, phase);
    default:
      return stepTo(context.memory, phase);
  }
}

function renewed({ memory, rules }: StepContext, phase: Held, revision: number): Step {
  return stepTo(memory, { ...phase, revision, validUntil: validity(phase.sentAt, rules), doubt: null, trouble: null });
}

/**
 * Only a look at our own attempt keeps a lease in doubt. Which renewal landed it does not say, and a network may carry
 * one twice, after it failed too: it counts from when the earliest left.
 */
function seen(context: StepContext, phase: Held, { keyState, fresh }: Extract<Answer, { on: "seen" }>): Step {
  const { revision } = keyState;
  // Before its time our record is not gone for nothing: the answer may be that of a leader of before.
  if (revision < phase.revision && !fresh) return look(context, phase, true);
  if (keyState.kind !== "held" || keyState.record.attempt !== phase.attempt) {
    const why = keyState.kind === "vacant" ? "removed" : "superseded";
    return finish(context, { kind: "lost", why, error: null }, lastSeenOf(keyState, context));
  }
  if (phase.doubt === null) return stepTo(context.memory, phase);
  // Not landed yet is not never: a renewal in doubt may land until the key stands elsewhere.
  if (revision <= phase.revision) return write(context, phase);
  const landed = validity(phase.doubt ?? -Infinity, context.rules);
  return write(context, { ...phase, revision, validUntil: Math.max(phase.validUntil, landed), doubt: null });
}

function failed(context: StepContext, phase: Held, error: NatslockError): Step {
  const why: Partial<Record<string, LossReason>> = { bucket_missing: "removed", closed: "closed" };
  const lost = error instanceof ConnectionError ? why[error.why] : undefined;
  return lost ? finish(context, { kind: "lost", why: lost, error }) : troubled(context, phase, error);
}

/** Trouble is no loss: the lease rides it out until `validUntil`. */
function troubled({ memory }: StepContext, phase: Held, error: NatslockError): Step {
  return stepTo(memory, { ...phase, trouble: error }, { act: "pause", why: "trouble", error });
}

/** The lease ran out; what stands may be our own old record, which a new grant may be put on. */
function overdue(context: StepContext, phase: Held, event: LeaseEvent): Step {
  const error = event.on === "unknown" || event.on === "failed" ? event.error : phase.trouble;
  const revision = event.on === "applied" ? event.revision : phase.revision;
  const lastSeen = { revision, takeable: true, until: phase.sentAt + context.rules.ttl };
  const { state, effects } = finish(context, { kind: "lost", why: "deadline", error }, lastSeen);
  return { state: { ...state, phase: { ...state.phase, busy: phase.busy } }, effects };
}

/** The hold is over at once; then what stands is taken back. */
function resign(context: StepContext, { revision, token, doubt, busy, sentAt }: Held): Step {
  const stake = doubt === null ? "stands" : "doubt";
  const until = sentAt + context.rules.ttl;
  return leave(context, { of: "machine", target: revision, stake, until, end: { kind: "released", token }, busy });
}

/**
 * The same record again, on our own last revision (L6). No answer to a write names the stream, and a bucket made anew
 * may come to the same numbers: so it is asked once per lease.
 */
function write({ memory, now, rules }: StepContext, phase: Held): Step {
  const { revision: expected, attempt, token, since } = phase;
  const sent: Held = { ...phase, sentAt: now, doubt: phase.doubt ?? now, busy: "write" };
  const fresh = now - phase.checkedAt >= rules.ttl / 2;
  return stepTo(memory, sent, { act: "write", expected, attempt, token, since, fresh });
}

function look({ memory }: StepContext, phase: Held, fresh = false): Step {
  return stepTo(memory, { ...phase, busy: "read" }, { act: "read", fresh });
}
