/** Decisions while a lease is held. */

import { ConnectionError, type LossReason, type NatslockError } from "./errors.ts";
import { leave } from "./lease_leaving.ts";
import type { Answer, Held, LeaseEvent, Scene, Step } from "./lease_model.ts";
import { finish, go, isAnswer, sightOf, validity } from "./lease_step.ts";

/**
 * What an event does while holding. Past `validUntil` the lease is over, whatever else the event says (L5). So it is in
 * another stream: the record is gone, and the same numbers there mean another's.
 */
export function held(scene: Scene, before: Held, event: LeaseEvent): Step {
  if (scene.now >= before.validUntil) return overdue(scene, before, event);
  if (scene.moved) {
    const end = { kind: "lost", why: "removed", error: null } as const;
    const until = scene.now + scene.rules.ttl;
    return leave(scene, { of: "machine", target: null, stake: "doubt", until, end, busy: null });
  }
  const isChecked = isAnswer(event) && event.fresh === true && event.on !== "seen";
  const phase = isChecked ? { ...before, checkedAt: before.sentAt } : before;
  switch (event.on) {
    case "renew":
    case "retry":
      if (phase.busy !== null) return go(scene.memory, phase);
      // After a renewal that is not known to stand the next step is a look, else the same record again on our own.
      return phase.doubt === null ? write(scene, phase) : look(scene, phase);
    case "check":
      return phase.busy === null ? look(scene, phase, true) : go(scene.memory, phase);
    case "applied":
      return renewed(scene, phase, event.revision);
    case "unknown":
      return troubled(scene, phase, event.error);
    case "conflict":
      // No loss yet: the write that stands may be our own (L6).
      if (event.current === null) return go(scene.memory, phase, { act: "pause", why: "contention" });
      return look(scene, phase);
    case "failed":
      return failed(scene, phase, event.error);
    case "seen":
      return seen(scene, phase, event);
    case "leave":
      return resign(scene, phase);
    default:
      return go(scene.memory, phase);
  }
}

function renewed({ memory, rules }: Scene, phase: Held, revision: number): Step {
  return go(memory, { ...phase, revision, validUntil: validity(phase.sentAt, rules), doubt: null, trouble: null });
}

/**
 * Only a look at our own attempt keeps a lease in doubt. Which renewal landed it does not say, and a network may carry
 * one twice, after it failed too: it counts from when the earliest left.
 */
function seen(scene: Scene, phase: Held, { sighting, fresh }: Extract<Answer, { on: "seen" }>): Step {
  const { revision } = sighting;
  // Before its time our record is not gone for nothing: the answer may be that of a leader of before.
  if (revision < phase.revision && !fresh) return look(scene, phase, true);
  if (sighting.kind !== "held" || sighting.record.attempt !== phase.attempt) {
    const why = sighting.kind === "vacant" ? "removed" : "superseded";
    return finish(scene, { kind: "lost", why, error: null }, sightOf(sighting, scene));
  }
  if (phase.doubt === null) return go(scene.memory, phase);
  // Not landed yet is not never: a renewal in doubt may land until the key stands elsewhere.
  if (revision <= phase.revision) return write(scene, phase);
  const landed = validity(phase.doubt ?? -Infinity, scene.rules);
  return write(scene, { ...phase, revision, validUntil: Math.max(phase.validUntil, landed), doubt: null });
}

function failed(scene: Scene, phase: Held, error: NatslockError): Step {
  const why: Partial<Record<string, LossReason>> = { bucket_missing: "removed", closed: "closed" };
  const lost = error instanceof ConnectionError ? why[error.why] : undefined;
  return lost ? finish(scene, { kind: "lost", why: lost, error }) : troubled(scene, phase, error);
}

/** Trouble is no loss: the lease rides it out until `validUntil`. */
function troubled({ memory }: Scene, phase: Held, error: NatslockError): Step {
  return go(memory, { ...phase, trouble: error }, { act: "pause", why: "trouble", error });
}

/** The lease ran out; what stands may be our own old record, which a new grant may be put on. */
function overdue(scene: Scene, phase: Held, event: LeaseEvent): Step {
  const error = event.on === "unknown" || event.on === "failed" ? event.error : phase.trouble;
  const revision = event.on === "applied" ? event.revision : phase.revision;
  const sight = { revision, takeable: true, until: phase.sentAt + scene.rules.ttl };
  const { state, effects } = finish(scene, { kind: "lost", why: "deadline", error }, sight);
  return { state: { ...state, phase: { ...state.phase, busy: phase.busy } }, effects };
}

/** The hold is over at once; then what stands is taken back. */
function resign(scene: Scene, { revision, token, doubt, busy, sentAt }: Held): Step {
  const stake = doubt === null ? "stands" : "doubt";
  const until = sentAt + scene.rules.ttl;
  return leave(scene, { of: "machine", target: revision, stake, until, end: { kind: "released", token }, busy });
}

/**
 * The same record again, on our own last revision (L6). No answer to a write names the stream, and a bucket made anew
 * may come to the same numbers: so it is asked once per lease.
 */
function write({ memory, now, rules }: Scene, phase: Held): Step {
  const { revision: expected, attempt, token, since } = phase;
  const sent: Held = { ...phase, sentAt: now, doubt: phase.doubt ?? now, busy: "write" };
  const fresh = now - phase.checkedAt >= rules.ttl / 2;
  return go(memory, sent, { act: "write", expected, attempt, token, since, fresh });
}

function look({ memory }: Scene, phase: Held, fresh = false): Step {
  return go(memory, { ...phase, busy: "read" }, { act: "read", fresh });
}
