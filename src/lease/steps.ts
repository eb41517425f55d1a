/** What the decisions of all phases are put together from. */

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

/** True if this event ends the request in flight. */
export const isAnswer = (event: LeaseEvent): event is Answer => "epoch" in event && event.on !== "start";

/** True if it is another stream than the one that was known, where one was. */
export const isOther = (epoch: string, known: string): boolean => known !== "" && epoch !== known;

/** True for the nonce of a write of this machine, not of another life of its id. */
export const isOurs = (attempt: string | null, { instance }: LeaseRules): boolean =>
  attempt?.startsWith(`${instance}.`) === true;

/** Puts a step together. */
export const stepTo = (memory: Memory, phase: Phase, ...effects: Effect[]): Step => ({
  state: { memory, phase },
  effects,
});

/** A pause after trouble, or for another reason if there was none. */
export const pauseFor = (error: NatslockError | null, why: "contention" | "burst"): Effect =>
  error === null ? { act: "pause", why } : { act: "pause", why: "trouble", error };

/** Ends a hold or a try; `lastSeen` is what the key is known to stand at, if it is. */
export function finish(
  { memory }: StepContext,
  end: Ending,
  lastSeen: LastSeen = { ...memory.lastSeen, takeable: false },
): Step {
  const suspect = memory.suspect || end.kind === "withdrawn" || (end.kind === "lost" && end.why === "removed");
  return stepTo({ ...memory, lastSeen, suspect }, { at: "idle", end, busy: null });
}

/** The look that a keyState gives, with the time at which what was seen has run out. */
export function lastSeenOf(keyState: KeyState, { now, rules }: StepContext): LastSeen {
  const { kind, revision } = keyState;
  const own = kind === "held" && keyState.record.holder === rules.id;
  return {
    revision,
    takeable: own || kind === "vacant",
    until: now + (kind === "vacant" ? rules.markerTtl : rules.ttl),
  };
}

/** When a grant or renewal that left at `sentAt` stops being valid (L1). */
export const validity = (sentAt: number, { ttl, margin }: LeaseRules): number => sentAt + ttl - margin;
