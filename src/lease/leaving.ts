/** Decisions while the machine removes what it wrote. */

import type { Answer, LeaseEvent, Leaving, Step, StepContext } from "./model.ts";
import { finish, isOurs, lastSeenOf, pauseFor, stepTo } from "./steps.ts";
import { ConnectionError, isGone, type NatslockError } from "../base/errors.ts";
import type { KeyState } from "../store/record.ts";

/**
 * Starts to remove what was written. If a request is in flight, waits for its answer first: if a renewal were stored
 * just before the removal, the removal would expect an old revision, be refused, and leave the record.
 *
 * A write in doubt is fenced off by a removal at the revision that it expects: after that it cannot be stored any more.
 * There is one exception: a write that expects 0 is stored if it arrives after the release marker has expired.
 */
export function leave(context: StepContext, phase: Omit<Leaving, "at" | "refused">): Step {
  const leaving: Leaving = { at: "leaving", refused: false, ...phase };
  if (leaving.busy !== null) return stepTo(context.memory, leaving);
  return leaving.stake === "none" ? finish(context, leaving.end) : removeNext(context, leaving);
}

/**
 * Returns the step for an event while leaving. `ended` is the kind of request that the event answers.
 *
 * If the answer shows another stream, only a late write of ours can be stored there, at an unknown revision: read
 * first.
 */
export function leaving(context: StepContext, before: Leaving, event: LeaseEvent, ended: Leaving["busy"]): Step {
  const phase: Leaving = context.epochChanged ? { ...before, target: null, stake: "doubt" } : before;
  if (context.epochChanged && event.on !== "seen") return look(context, phase);
  switch (event.on) {
    case "retry":
      return phase.busy === null ? removeNext(context, phase) : stepTo(context.memory, phase);
    case "applied":
    case "conflict":
    case "unknown":
    case "failed":
    case "seen":
      return ended === "write" ? writeEnded(context, phase, event) : removalEnded(context, phase, event);
    default:
      return stepTo(context.memory, phase);
  }
}

/**
 * Starts the next try to remove. Reads first if the target is unknown, if a removal there was refused, or if all that
 * we wrote has expired: in a re-created bucket another holder's record can have the same revision.
 */
function removeNext(context: StepContext, phase: Leaving): Step {
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

/** Handles the answer to a write that was in flight when the leaving began. */
function writeEnded(context: StepContext, phase: Leaving, event: Answer): Step {
  if (event.on === "applied") return removeNext(context, { ...phase, target: event.revision, stake: "stored" });
  if (event.on === "unknown") return removeNext(context, { ...phase, stake: "doubt" });
  if (phase.stake === "none") return finish(context, phase.end);
  // The record that refused it may be an earlier write of our own.
  return event.on === "conflict" ? look(context, { ...phase, refused: true }) : removeNext(context, phase);
}

/** Handles the answer to a removal or a read. */
function removalEnded(context: StepContext, phase: Leaving, event: Answer): Step {
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
      // A revision below our own write, or below the one that refused its removal, may be from a former stream leader.
      if (event.keyState.revision >= known(context, phase) || event.checkedAt !== undefined) {
        return seen(context, phase, event.keyState);
      }
      return look(context, phase, true);
    case "unknown":
      return again(context, phase, event);
    case "failed":
      // A missing permission may be granted again. A bucket or a connection that is gone does not come back in time.
      if (!isGone(event.error)) return again(context, phase, event);
      return finish(context, { kind: "abandoned", error: event.error });
  }
}

/**
 * A read found the key state. Removes a record of ours, and never the record of a successor.
 *
 * If the key is still at the revision that a write in doubt expects, that write can still be stored. Waiting does not
 * prevent that, so a removal at this revision follows after a pause. It removes nobody else's record: a grant is only
 * sent to a vacant key, or to the record of an earlier process with this id.
 */
function seen(context: StepContext, phase: Leaving, keyState: KeyState): Step {
  const { revision } = keyState;
  const hasOwnId = keyState.kind === "held" && keyState.record.holder === context.rules.id;
  const ours = hasOwnId && (phase.of === "id" || isOurs(keyState.record.attempt, context.rules));
  if (ours) {
    // If the target is above 0, a newer record of ours is the write in doubt: it was stored. If the target is 0, the
    // record may be an older one. When that is gone the key is at 0 again, and the write in doubt can still be stored.
    const landed = phase.target !== null && phase.target > 0 && revision > phase.target;
    return remove(context, { ...phase, stake: landed ? "stored" : phase.stake }, revision);
  }
  const mayBeExpected = keyState.kind === "vacant" || hasOwnId;
  if (phase.stake === "doubt" && mayBeExpected && revision === phase.target) {
    return again(context, { ...phase, refused: false }, { error: null, why: "contention" });
  }
  return finish(context, phase.end, lastSeenOf(keyState, context));
}

/**
 * Returns the revision below which an answer is stale. Without a target no write of ours is known yet, so any answer
 * counts.
 */
function known({ memory }: StepContext, { target }: Leaving): number {
  return target === null ? 0 : Math.max(target, memory.high);
}

/** Tries again after a pause. Gives up once all that was written has expired by itself. */
export function again(
  context: StepContext,
  phase: Leaving,
  after: { error: NatslockError | null; why?: "contention" | "burst" },
): Step {
  const { error, why = "contention" } = after;
  if (context.now < phase.until) return stepTo(context.memory, phase, pauseFor(error, why));
  const contended = "Cannot remove the record: others kept writing to its key";
  return finish(context, { kind: "abandoned", error: error ?? new ConnectionError("contended", contended) });
}
