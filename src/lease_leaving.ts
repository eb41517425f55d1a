/** Decisions while what was written is taken back. */

import type { Answer, LeaseEvent, Leaving, Scene, Step } from "./lease_model.ts";
import { finish, go, isOurs, pauseFor, sightOf } from "./lease_step.ts";
import { ConnectionError, isGone, type NatslockError } from "./errors.ts";
import type { Sighting } from "./record.ts";

/** Begins to take back. A request in flight is let end first (L8); a doubtful write is fenced off by a removal. */
export function leave(scene: Scene, phase: Omit<Leaving, "at" | "refused">): Step {
  const leaving: Leaving = { at: "leaving", refused: false, ...phase };
  if (leaving.busy !== null) return go(scene.memory, leaving);
  return leaving.stake === "none" ? finish(scene, leaving.end) : undo(scene, leaving);
}

/**
 * What an event does while taking back; `ended` is the request that it answers. In another stream only a write that
 * came late may stand, and nothing is known of where.
 */
export function leaving(scene: Scene, before: Leaving, event: LeaseEvent, ended: Leaving["busy"]): Step {
  const phase: Leaving = scene.moved ? { ...before, target: null, stake: "doubt" } : before;
  if (scene.moved && event.on !== "seen") return look(scene, phase);
  switch (event.on) {
    case "retry":
      return phase.busy === null ? undo(scene, phase) : go(scene.memory, phase);
    case "applied":
    case "conflict":
    case "unknown":
    case "failed":
    case "seen":
      return ended === "write" ? written(scene, phase, event) : undone(scene, phase, event);
    default:
      return go(scene.memory, phase);
  }
}

/** The next try to undo. What was refused, or was known a lease ago, is looked at before. */
function undo(scene: Scene, phase: Leaving): Step {
  const { target, refused, until } = phase;
  if (target === null || refused || scene.now >= until) return look(scene, phase);
  return remove(scene, phase, target);
}

function remove({ memory, now, rules }: Scene, phase: Leaving, expected: number): Step {
  const fresh = now - memory.checkedAt >= rules.ttl;
  return go(memory, { ...phase, target: expected, refused: false, busy: "remove" }, { act: "remove", expected, fresh });
}

function look({ memory }: Scene, phase: Leaving, fresh = false): Step {
  return go(memory, { ...phase, busy: "read" }, { act: "read", fresh });
}

/** A write that was in flight when the leaving began has ended. */
function written(scene: Scene, phase: Leaving, event: Answer): Step {
  if (event.on === "applied") return undo(scene, { ...phase, target: event.revision, stake: "stands" });
  if (event.on === "unknown") return undo(scene, { ...phase, stake: "doubt" });
  if (phase.stake === "none") return finish(scene, phase.end);
  // What it was refused for may be an earlier write of our own.
  return event.on === "conflict" ? look(scene, { ...phase, refused: true }) : undo(scene, phase);
}

/** A removal or a look has ended. */
function undone(scene: Scene, phase: Leaving, event: Answer): Step {
  if (phase.stake === "none") return finish(scene, phase.end);
  switch (event.on) {
    case "applied": {
      const until = scene.now + scene.rules.markerTtl;
      return finish(scene, phase.end, { revision: event.revision, takeable: true, until });
    }
    case "conflict":
      if (event.current === null) return again(scene, phase, { error: null, why: "contention" });
      return phase.stake === "doubt" ? look(scene, { ...phase, refused: true }) : finish(scene, phase.end);
    case "seen":
      // What is older than our own write, or than what refused its removal, may be the answer of a leader of before.
      if (event.sighting.revision < known(scene, phase) && !event.fresh) return look(scene, phase, true);
      return seen(scene, phase, event.sighting);
    case "unknown":
      return again(scene, phase, event);
    case "failed":
      // A right can be given back; a bucket or a connection that is gone does not come back in time.
      if (!isGone(event.error)) return again(scene, phase, event);
      return finish(scene, { kind: "abandoned", error: event.error });
  }
}

/**
 * Only a record of ours is taken back: never a successor's (L8, S5). While the key still stands where the doubtful
 * write expects it, that write may land yet: it has to be fenced off, not waited for.
 */
function seen(scene: Scene, phase: Leaving, sighting: Sighting): Step {
  const { revision } = sighting;
  const isOwnId = sighting.kind === "held" && sighting.record.holder === scene.rules.id;
  const ours = isOwnId && (phase.of === "id" || isOurs(sighting.record.attempt, scene.rules));
  if (ours) {
    // A write put on 0 may land yet: what stands there may be older, and the key comes back to 0 after it.
    const landed = phase.target !== null && phase.target > 0 && revision > phase.target;
    return remove(scene, { ...phase, stake: landed ? "stands" : phase.stake }, revision);
  }
  // What a grant in doubt was put on: nothing, or the record of an earlier life of this id.
  const mayBePutOn = sighting.kind === "vacant" || isOwnId;
  if (phase.stake === "doubt" && mayBePutOn && revision === phase.target) {
    return again(scene, { ...phase, refused: false }, { error: null, why: "contention" });
  }
  return finish(scene, phase.end, sightOf(sighting, scene));
}

/** Where the key is known to have stood. Before anything of ours is known there, only our own writes count. */
function known({ memory }: Scene, { target }: Leaving): number {
  return target === null ? 0 : Math.max(target, memory.high);
}

/** Trouble, or contention: tries again, at most until all of it has run out by itself. */
export function again(
  scene: Scene,
  phase: Leaving,
  after: { error: NatslockError | null; why?: "contention" | "burst" },
): Step {
  const { error, why = "contention" } = after;
  if (scene.now < phase.until) return go(scene.memory, phase, pauseFor(error, why));
  const contended = "Cannot take back what was written: others kept writing to its key";
  return finish(scene, { kind: "abandoned", error: error ?? new ConnectionError("contended", contended) });
}
