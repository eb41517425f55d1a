/**
 * The lease's state machine: one pure function that takes every decision of a lease's life.
 *
 * `keeper.ts` performs the effects. Time and answers come in as events; nothing here reads a clock or sends a message.
 *
 * @module
 */

import { held } from "./lease_held.ts";
import { leave, leaving } from "./lease_leaving.ts";
import {
  go,
  type Idle,
  type LeaseEvent,
  type LeaseRules,
  type LeaseState,
  type Memory,
  type Scene,
  type Step,
} from "./lease_model.ts";
import { seek, seeking } from "./lease_seeking.ts";
import type { Sighting } from "./record.ts";

/** A machine that has seen nothing yet. */
export function vacantState(epoch: string): LeaseState {
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
  const scene: Scene = { memory: inEpoch(state.memory, event), now, rules };
  const next = decide(scene, state, event);
  const memory = raised(next.state.memory, event);
  return { state: { memory, phase: next.state.phase }, effects: next.effects };
}

/** True while the lease may be acted on; compared at every look (L5). */
export function isHeld(state: LeaseState, now: number): boolean {
  return state.phase.at === "held" && now < state.phase.validUntil;
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
export function verdictOf({ phase }: LeaseState): "held" | "superseded" | Sighting {
  if (phase.at === "held") return "held";
  const end = phase.at === "idle" ? phase.end : null;
  if (end !== null && "error" in end && end.error !== null) throw end.error;
  return end?.kind === "refused" ? end.by : "superseded";
}

function decide(scene: Scene, { phase }: LeaseState, event: LeaseEvent): Step {
  switch (phase.at) {
    case "idle":
      return idle(scene, phase, event);
    case "seeking":
      return seeking(scene, phase, event);
    case "held":
      return held(scene, phase, event);
    case "leaving":
      return leaving(scene, phase, event);
  }
}

function idle(scene: Scene, phase: Idle, event: LeaseEvent): Step {
  switch (event.on) {
    case "start":
      // A late answer to the last hold's request must not be taken for an answer to the new one's.
      if (phase.busy !== null) return go(scene.memory, phase);
      return seek(scene, { since: event.since, last: phase.end });
    case "leave":
      // Perhaps an earlier life of this id, or an answer still to come, left a record.
      return leave(scene, {
        attempt: null,
        target: null,
        stake: "doubt",
        end: { kind: "released", token: null },
        busy: phase.busy,
      });
    case "hint":
      return hinted(scene, phase, event.sighting);
    case "applied":
      return go(
        {
          ...scene.memory,
          sight: {
            revision: event.revision,
            takeable: true,
            until: scene.now + scene.rules.ttl,
          },
        },
        { ...phase, busy: null },
      );
    case "conflict":
    case "unknown":
    case "failed":
    case "seen":
      return go(scene.memory, { ...phase, busy: null });
    default:
      return go(scene.memory, phase);
  }
}

/** A pushed release: the next grant may be asked for on it without a look, since the write itself is the proof. */
function hinted({ memory, now, rules }: Scene, phase: Idle, sighting: Sighting): Step {
  if (sighting.kind !== "vacant" || sighting.revision <= memory.high) return go(memory, phase);
  const sight = { revision: sighting.revision, takeable: true, until: now + rules.markerTtl };
  return go({ ...memory, sight }, phase);
}

/** In another stream nothing that was seen holds. */
function inEpoch(memory: Memory, event: LeaseEvent): Memory {
  if (!("epoch" in event) || event.epoch === memory.epoch) return memory;
  return unseen(event.epoch, memory.grants);
}

/** Remembers the highest revision seen, so that an older answer is known for stale. */
function raised(memory: Memory, event: LeaseEvent): Memory {
  const revision = event.on === "applied"
    ? event.revision
    : event.on === "conflict"
    ? event.current ?? 0
    : event.on === "seen"
    ? event.sighting.revision
    : 0;
  return revision > memory.high ? { ...memory, high: revision } : memory;
}

function unseen(epoch: string, grants: number): Memory {
  return { epoch, high: 0, sight: { revision: 0, takeable: true, until: Infinity }, grants };
}
