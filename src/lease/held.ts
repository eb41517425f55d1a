/** Decisions while the lease is held. */

import { ConnectionError, type LossReason, type NatslockError } from "../base/errors.ts";
import { leave } from "./leaving.ts";
import type { Answer, Held, LeaseEvent, Step, StepContext } from "./model.ts";
import { finish, isAnswer, lastSeenOf, stepTo, validity } from "./steps.ts";

/**
 * Returns the step for an event while holding.
 *
 * - From `validUntil` on the lease is over, whatever the event says. No timer has to run for that.
 * - If the answer shows another stream, the lease is lost: our record is gone, and a record with the same revision
 *   there is not ours. A renewal that arrived late may be stored in the new stream, so it is looked for and removed.
 */
export function held(context: StepContext, before: Held, event: LeaseEvent): Step {
  if (context.now >= before.validUntil) return expired(context, before, event);
  if (context.epochChanged) {
    const end = { kind: "lost", why: "removed", error: null } as const;
    const until = context.now + context.rules.ttl;
    return leave(context, { of: "machine", target: null, stake: "doubt", until, end, busy: null });
  }
  const { checkedAt = before.checkedAt } = isAnswer(event) ? event : {};
  const phase = { ...before, checkedAt };
  switch (event.on) {
    case "renew":
    case "retry":
      if (phase.busy !== null) return stepTo(context.memory, phase);
      // If the last renewal is in doubt, read before the next one.
      return phase.doubt === null ? write(context, phase) : look(context, phase);
    case "check":
      return phase.busy === null ? look(context, phase, true) : stepTo(context.memory, phase);
    case "applied":
      return renewed(context, phase, event.revision);
    case "unknown":
      return troubled(context, phase, event.error);
    case "conflict":
      // Not lost yet: the write that moved the key may be a renewal of ours whose answer did not come.
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

/** A renewal was confirmed before the end. The lease counts from its sending; the token stays that of the grant. */
function renewed({ memory, rules }: StepContext, phase: Held, revision: number): Step {
  return stepTo(memory, { ...phase, revision, validUntil: validity(phase.sentAt, rules), doubt: null, trouble: null });
}

/**
 * A read found the key state. The lease continues only if the record has our attempt.
 *
 * If its revision is above our last confirmed one, a renewal in doubt was stored. All renewals of a hold carry the same
 * attempt, so the record does not tell which one; and a network may deliver a renewal twice, even after it was answered
 * as failed. So the lease counts from the sending of the earliest renewal in doubt.
 *
 * If our record is gone or replaced, the lease is lost. It is never taken again without telling the holder.
 */
function seen(context: StepContext, phase: Held, { keyState, checkedAt }: Extract<Answer, { on: "seen" }>): Step {
  const { revision } = keyState;
  // Our record cannot have expired yet, so a lower revision may be the answer of a former stream leader.
  if (revision < phase.revision && checkedAt === undefined) return look(context, phase, true);
  if (keyState.kind !== "held" || keyState.record.attempt !== phase.attempt) {
    const why = keyState.kind === "vacant" ? "removed" : "superseded";
    return finish(context, { kind: "lost", why, error: null }, lastSeenOf(keyState, context));
  }
  if (phase.doubt === null) return stepTo(context.memory, phase);
  // The renewal in doubt is not stored yet. It still can be until the key moves to another revision: the doubt stays.
  if (revision <= phase.revision) return write(context, phase);
  const landed = validity(phase.doubt ?? -Infinity, context.rules);
  return write(context, { ...phase, revision, validUntil: Math.max(phase.validUntil, landed), doubt: null });
}

/** A missing bucket or a closed connection ends the lease at once. Any other error does not. */
function failed(context: StepContext, phase: Held, error: NatslockError): Step {
  const why: Partial<Record<string, LossReason>> = { bucket_missing: "removed", closed: "closed" };
  const lost = error instanceof ConnectionError ? why[error.why] : undefined;
  return lost ? finish(context, { kind: "lost", why: lost, error }) : troubled(context, phase, error);
}

/** An error is not a loss: the holder tries again until `validUntil`. */
function troubled({ memory }: StepContext, phase: Held, error: NatslockError): Step {
  return stepTo(memory, { ...phase, trouble: error }, { act: "pause", why: "trouble", error });
}

/**
 * The lease ended by the clock. What is stored may be our own old record, so the next grant may expect its revision. A
 * request that is still in flight stays marked, so that its late answer is not mistaken for one to a new try.
 */
function expired(context: StepContext, phase: Held, event: LeaseEvent): Step {
  const error = event.on === "unknown" || event.on === "failed" ? event.error : phase.trouble;
  const revision = event.on === "applied" ? event.revision : phase.revision;
  const lastSeen = { revision, takeable: true, until: phase.sentAt + context.rules.ttl };
  const { state, effects } = finish(context, { kind: "lost", why: "deadline", error }, lastSeen);
  return { state: { ...state, phase: { ...state.phase, busy: phase.busy } }, effects };
}

/** Ends the hold at once, then removes the record. */
function resign(context: StepContext, { revision, token, doubt, busy, sentAt }: Held): Step {
  const stake = doubt === null ? "stored" : "doubt";
  const until = sentAt + context.rules.ttl;
  return leave(context, { of: "machine", target: revision, stake, until, end: { kind: "released", token }, busy });
}

/**
 * Renews: writes the same record again and expects our own last revision. So it never replaces another holder's record.
 *
 * No answer to a write names the stream, and a re-created bucket can reach the same revisions. So a renewal that is
 * sent half a lease or more after the last check of the stream checks it first.
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
