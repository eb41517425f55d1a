/**
 * Decisions while a lease is held.
 *
 * @module
 */

import { ConnectionError, type LossReason, type NatslockError } from "./errors.ts";
import { leave } from "./lease_leaving.ts";
import {
  type Effect,
  go,
  type Held,
  type LeaseEvent,
  type Scene,
  sightOf,
  type Step,
  validity,
} from "./lease_model.ts";
import type { Sighting } from "./record.ts";

/** What an event does while holding. Past `validUntil` the lease is over, whatever else the event says (L5). */
export function held(scene: Scene, phase: Held, event: LeaseEvent): Step {
  if (scene.now >= phase.validUntil) return overdue(scene, phase, event);
  switch (event.on) {
    case "renew":
    case "retry":
      return phase.busy === null ? renew(scene, phase) : go(scene.memory, phase);
    case "applied":
      return renewed(scene, phase, event.revision);
    case "unknown":
      return troubled(scene, { ...phase, doubt: phase.doubt ?? phase.sentAt }, event.error);
    case "conflict":
      // No loss yet: the write that stands may be our own (L6).
      if (event.current === null) {
        return go(scene.memory, { ...phase, busy: null }, { act: "pause", why: "contention" });
      }
      return look(scene, phase);
    case "failed":
      return failed(scene, phase, event.error);
    case "seen":
      return seen(scene, phase, event);
    case "hint":
      return hinted(scene, phase, event.sighting);
    case "leave":
      return resign(scene, phase);
    default:
      return go(scene.memory, phase);
  }
}

/** A push can be forged or late: what is not a write of our own is looked up, nothing more. */
function hinted(scene: Scene, phase: Held, sighting: Sighting): Step {
  const own = sighting.kind === "held" && sighting.record.attempt === phase.attempt;
  if (own || sighting.revision <= phase.revision || phase.busy !== null) return go(scene.memory, phase);
  return look(scene, phase);
}

/** With a renewal in doubt the next step is a look, else the same record again on our own last revision. */
function renew(scene: Scene, phase: Held): Step {
  if (phase.doubt !== null) return look(scene, phase);
  return write(scene, phase);
}

function renewed(scene: Scene, phase: Held, revision: number): Step {
  const validUntil = validity(phase.sentAt, scene.rules);
  const next: Held = { ...phase, revision, validUntil, doubt: null, trouble: null, busy: null };
  return go(scene.memory, next, { act: "tell", news: "renewed" });
}

/** Only a look at our own attempt keeps a lease in doubt, and it counts from when that renewal left, not from now. */
function seen(
  scene: Scene,
  phase: Held,
  answer: { sighting: Sighting; fresh: boolean },
): Step {
  const { sighting } = answer;
  const stale = sighting.revision > 0 && sighting.revision < phase.revision;
  if (stale && !answer.fresh) return look(scene, phase, true);
  const ours = sighting.kind === "held" &&
    sighting.record.attempt === phase.attempt &&
    sighting.record.holder === scene.rules.id;
  if (!ours) {
    return lost(scene, sighting.kind === "vacant" ? "removed" : "superseded", { sighting });
  }
  if (sighting.revision > phase.revision) {
    return write(scene, landed(scene, phase, sighting.revision));
  }
  return phase.doubt !== null ? write(scene, phase) : go(scene.memory, { ...phase, busy: null });
}

function landed(scene: Scene, phase: Held, revision: number): Held {
  const counted = phase.doubt === null ? phase.validUntil : validity(phase.doubt, scene.rules);
  return { ...phase, revision, validUntil: Math.max(phase.validUntil, counted), doubt: null };
}

function failed(scene: Scene, phase: Held, error: NatslockError): Step {
  const why = error instanceof ConnectionError ? error.why : null;
  if (why === "bucket_missing") return lost(scene, "removed", { error });
  if (why === "closed") return lost(scene, "closed", { error });
  return troubled(scene, phase, error);
}

/** Trouble is no loss: the lease rides it out until `validUntil`. */
function troubled(scene: Scene, phase: Held, error: NatslockError): Step {
  return go(scene.memory, { ...phase, trouble: error, busy: null }, { act: "pause", why: "trouble", error });
}

/** The lease ran out; what stands may be our own old record, which a new grant may be put on. */
function overdue(scene: Scene, phase: Held, event: LeaseEvent): Step {
  const trouble = event.on === "unknown" || event.on === "failed" ? event.error : phase.trouble;
  const answered = event.on === "applied" || event.on === "conflict" ||
    event.on === "unknown" ||
    event.on === "failed" || event.on === "seen";
  const revision = event.on === "applied" ? event.revision : phase.revision;
  const sight = { revision, takeable: true, until: phase.sentAt + scene.rules.ttl };
  return go(
    { ...scene.memory, sight },
    {
      at: "idle",
      end: { kind: "lost", why: "deadline", error: trouble },
      busy: answered ? null : phase.busy,
    },
    { act: "tell", news: "ended" },
  );
}

/** Never taken again silently (L9). */
function lost(
  scene: Scene,
  why: LossReason,
  cause: { sighting?: Sighting; error?: NatslockError },
): Step {
  const { sighting, error } = cause;
  const sight = sighting ? sightOf(sighting, scene) : { ...scene.memory.sight, takeable: false };
  return go(
    { ...scene.memory, sight },
    {
      at: "idle",
      end: { kind: "lost", why, error: error ?? null },
      busy: null,
    },
    { act: "tell", news: "ended" },
  );
}

/** The hold is over at once; then what stands is taken back. */
function resign(scene: Scene, phase: Held): Step {
  return leave(scene, {
    attempt: phase.attempt,
    target: phase.revision,
    stake: phase.doubt === null ? "stands" : "doubt",
    end: { kind: "released", token: phase.token },
    busy: phase.busy,
  });
}

function write(scene: Scene, phase: Held): Step {
  const { revision, attempt, token, since } = phase;
  const effect: Effect = { act: "write", expected: revision, attempt, token, since };
  return go(scene.memory, { ...phase, sentAt: scene.now, busy: "write" }, effect);
}

function look(scene: Scene, phase: Held, fresh = false): Step {
  return go(scene.memory, { ...phase, busy: "read" }, { act: "read", fresh });
}
