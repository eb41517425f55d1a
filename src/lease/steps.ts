/** The building blocks that the decisions of all phases share. */

import type { NatslockError } from "../base/errors.ts";
import type {
  Answer,
  Effect,
  Ending,
  LastSeen,
  LeaseEvent,
  LeaseRules,
  Memory,
  Phase,
  Step,
  StepContext,
} from "./model.ts";
import type { KeyState } from "../store/record.ts";

/** Returns true if this event is the answer to the request in flight. */
export const isAnswer = (event: LeaseEvent): event is Answer => "epoch" in event && event.on !== "start";

/** Returns true if `epoch` is another stream than the known one. No stream is known yet if `known` is empty. */
export const isOther = (epoch: string, known: string): boolean => known !== "" && epoch !== known;

/** Returns true for a nonce of this machine, false for one of another process with the same id. */
export const isOurs = (attempt: string | null, { instance }: LeaseRules): boolean =>
  attempt?.startsWith(`${instance}.`) === true;

/** Returns a step with this state and these effects. */
export const stepTo = (memory: Memory, phase: Phase, ...effects: Effect[]): Step => ({
  state: { memory, phase },
  effects,
});

/** Returns a pause for the error, or for `why` if there is no error. */
export const pauseFor = (error: NatslockError | null, why: "contention" | "burst"): Effect =>
  error === null ? { act: "pause", why } : { act: "pause", why: "trouble", error };

/** Ends a hold or a try. Without `lastSeen` the key state is unknown, so the next write needs a read first. */
export function finish(
  { memory }: StepContext,
  end: Ending,
  lastSeen: LastSeen = { ...memory.lastSeen, takeable: false },
): Step {
  const suspect = memory.suspect || end.kind === "withdrawn" || (end.kind === "lost" && end.why === "removed");
  return stepTo({ ...memory, lastSeen, suspect }, { at: "idle", end, busy: null });
}

/** Returns what a key state means for the next write, and when what was seen has expired. */
export function lastSeenOf(keyState: KeyState, { now, rules }: StepContext): LastSeen {
  const { kind, revision } = keyState;
  const own = kind === "held" && keyState.record.holder === rules.id;
  return {
    revision,
    takeable: own || kind === "vacant",
    until: now + (kind === "vacant" ? rules.markerTtl : rules.ttl),
  };
}

/**
 * Returns the end of a lease whose grant or renewal was sent at `sentAt`.
 *
 * It counts from the sending, not from the answer: the server starts its own count when it stores the record, which
 * cannot be before the sending. The margin covers clocks of different rates.
 */
export const validity = (sentAt: number, { ttl, margin }: LeaseRules): number => sentAt + ttl - margin;
