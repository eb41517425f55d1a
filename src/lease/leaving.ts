/** Decisions while what was written is taken back. */

import type { Answer, LeaseEvent, Leaving, Step, StepContext } from "./model.ts";
import { finish, isOurs, lastSeenOf, pauseFor, stepTo } from "./steps.ts";
import { ConnectionError, isGone, type NatslockError } from "../base/errors.ts";
import type { KeyState } from "../store/record.ts";

/** Begins to take back. A request in flight is let end first (L8); a doubtful write is fenced off by a removal. */
export function leave(context: StepContext, phase: Omit<Leaving, "at" | "refused">): Step {
  const leaving: Leaving = { at: "leaving", refused: false, ...phase };
  if (leaving.busy !== null) return stepTo(context.memory, leaving);
  return leaving.stake === "none" ? finish(context, leaving.end) : undo(context, leaving);
}

/**
 * What an event does while taking back; `ended` is the request that it answers. In another stream only a write that
 * came late may stand, and nothing is known of where.
 */
export function leaving(context: StepContext, before: Leaving, event: LeaseEvent, ended: Leaving["busy"]): Step {
  const phase: Leaving = context.epochChanged ? { ...before, target: null, stake: "doubt" } : before;
  if (context.epochChanged && event.on !== "seen") return look(context, phase);
  switch (event.on) {
    case "retry":
      return phase.busy === null ? undo(context, phase) : stepTo(context.memory, phase);
    case "applied":
    case "conflict":
    case "unknown":
    case "failed":
    case "seen":
      return ended === "write" ? written(context, phase, event) : undone(context, phase, event);
    default:
      return stepTo(context.memory, phase);
  }
}

/** The next try to undo. What was refused, or was known a lease ago, is looked at before. */
function undo(context: StepContext, phase: Leaving): Step {
  const { target, refused, until } = phase;
  if (target === null || refused || context.now >= until) return look(context, phase);
  return remove(context, phase, target);
}

function remove({ memory, now, rules }: StepContext, phase: Leaving, expected: number): Step {
  const fresh = now - memory.checkedAt >= rules.ttl;
  return stepTo(memory, { ...phase, target: expected, refused: false, busy: "remove" }, {
    act: "remove",
    expected,
    fresh,
  });
}

function look({ memory }: StepContext, phase: Leaving, fresh = false): Step {
  return stepTo(memory, { ...phase, busy: "read" }, { act: "read", fresh });
}

/** A write that was in flight when the leaving began has ended. */
function written(context: StepContext, phase: Leaving, event: Answer): Step {
  if (event.on === "applied") return undo(context, { ...phase, target: event.revision, stake: "stands" });
  if (event.on === "unknown") return undo(context, { ...phase, stake: "doubt" });
  if (phase.stake === "none") return finish(context, phase.end);
  // What it was refused for may be an earlier write of our own.
  return event.on === "conflict" ? look(context, { ...phase, refused: true }) : undo(context, phase);
}

/** A removal or a look has ended. */
function undone(context: StepContext, phase: Leaving, event: Answer): Step {
  if (phase.stake === "none") return finish(context, phase.end);
  switch (event.on) {
    case "applied": {
      const until = context.now + context.rules.markerTtl;
      return finish(context, phase.end, { revision: event.revision, takeable: true, until });
    }
    case "conflict":
      if (event.current === null) return again(context, phase, { error: null, why: "contention" });
      return phase.stake === "doubt" ? look(context, { ...phase, refused: true }) : finish(context, phase.end);
    case "seen":
      // What is older than our own write, or than what refused its removal, may be the answer of a leader of before.
      if (event.keyState.revision < known(context, phase) && !event.fresh) return look(context, phase, true);
      return seen(context, phase, event.keyState);
    case "unknown":
      return again(context, phase, event);
    case "failed":
      // A right can be given back; a bucket or a connection that is gone does not come back in time.
      if (!isGone(event.error)) return again(context, phase, event);
      return finish(context, { kind: "abandoned", error: event.error });
  }
}

/**
 * Only a record of ours is taken back: never a successor's (L8, S5). While the key still stands where the doubtful
 * write expects it, that write may land yet: it has to be fenced off, not waited for. It was put on nobody's record.
 */
function seen(context: StepContext, phase: Leaving, keyState: KeyState): Step {
  const { revision } = keyState;
  const ours = keyState.kind === "held" && keyState.record.holder === context.rules.id &&
    (phase.of === "id" || isOurs(keyState.record.attempt, context.rules));
  if (ours) {
    // A write put on 0 may land yet: what stands there may be older, and the key comes back to 0 after it.
    const landed = phase.target !== null && phase.target > 0 && revision > phase.target;
    return remove(context, { ...phase, stake: landed ? "stands" : phase.stake }, revision);
  }
  if (phase.stake === "doubt" && keyState.kind === "vacant" && revision === phase.target) {
    return again(context, { ...phase, refused: false }, { error: null, why: "contention" });
  }
  return finish(context, phase.end, lastSeenOf(keyState, context));
}

/** Where the key is known to have stood. Before anything of ours is known there, only our own writes count. */
function known({ memory }: StepContext, { target }: Leaving): number {
  return target === null ? 0 : Math.max(target, memory.high);
}

/** Trouble, or contention: tries again, at most until all of it has run out by itself. */
export function again(
  context: StepContext,
  phase: Leaving,
  after: { error: NatslockError | null; why?: "contention" | "burst" },
): Step {
  const { error, why = "contention" } = after;
  if (context.now < phase.until) return stepTo(context.memory, phase, pauseFor(error, why));
  const contended = "Cannot take back what was written: others kept writing to its key";
  return finish(context, { kind: "abandoned", error: error ?? new ConnectionError("contended", contended) });
}
