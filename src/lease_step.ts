/** What the decisions of all phases are put together from. */

import type { NatslockError } from "./errors.ts";
import type {
  Answer,
  Effect,
  Ending,
  LeaseEvent,
  LeaseRules,
  Memory,
  Phase,
  Scene,
  Sight,
  Step,
} from "./lease_model.ts";
import type { Sighting } from "./record.ts";

/** True if this event ends the request in flight. */
export const isAnswer = (event: LeaseEvent): event is Answer => "epoch" in event && event.on !== "start";

/** True if it is another stream than the one that was known, where one was. */
export const isOther = (epoch: string, known: string): boolean => known !== "" && epoch !== known;

/** True for the nonce of a write of this machine, not of another life of its id. */
export const isOurs = (attempt: string | null, { instance }: LeaseRules): boolean =>
  attempt?.startsWith(`${instance}.`) === true;

/** Puts a step together. */
export const go = (memory: Memory, phase: Phase, ...effects: Effect[]): Step => ({ state: { memory, phase }, effects });

/** A pause after trouble, or for another reason if there was none. */
export const pauseFor = (error: NatslockError | null, why: "contention" | "burst"): Effect =>
  error === null ? { act: "pause", why } : { act: "pause", why: "trouble", error };

/** Ends a hold or a try; `sight` is what the key is known to stand at, if it is. */
export function finish({ memory }: Scene, end: Ending, sight: Sight = { ...memory.sight, takeable: false }): Step {
  const suspect = memory.suspect || end.kind === "withdrawn" || (end.kind === "lost" && end.why === "removed");
  return go({ ...memory, sight, suspect }, { at: "idle", end, busy: null });
}

/** The look that a sighting gives, with the time at which what was seen has run out. */
export function sightOf(sighting: Sighting, { now, rules }: Scene): Sight {
  const { kind, revision } = sighting;
  const own = kind === "held" && sighting.record.holder === rules.id;
  return {
    revision,
    takeable: own || kind === "vacant",
    until: now + (kind === "vacant" ? rules.markerTtl : rules.ttl),
  };
}

/** When a grant or renewal that left at `sentAt` stops being valid (L1). */
export const validity = (sentAt: number, { ttl, margin }: LeaseRules): number => sentAt + ttl - margin;
