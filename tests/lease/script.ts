/**
 * Scripts of events for the state machine of a lease, and its reaction as one line of text.
 *
 * @module
 */

import { ConnectionError } from "../../src/base/errors.ts";
import type { Effect, LeaseEvent, LeaseRules, LeaseState } from "../../src/lease/model.ts";
import { initialState, step } from "../../src/lease/state.ts";
import type { KeyState } from "../../src/store/record.ts";

export const ME = "11111111-1111-4111-8111-111111111111";
export const OTHER = "22222222-2222-4222-8222-222222222222";
export const RULES: LeaseRules = { id: ME, instance: "i", ttl: 1000, margin: 100, markerTtl: 500 };
export const epoch = "e";
export const error = new ConnectionError("timeout", "no answer");

export const start = { on: "start", since: 0, epoch, checkedAt: Infinity } as const;
export const renew: LeaseEvent = { on: "renew" };
export const retry: LeaseEvent = { on: "retry" };
export const leave: LeaseEvent = { on: "leave" };
export const tick: LeaseEvent = { on: "tick" };
export const unknown: LeaseEvent = { on: "unknown", error, epoch };
export const failed: LeaseEvent = { on: "failed", error, epoch };
export const applied = (revision: number) => ({ on: "applied", revision, epoch }) as const;
export const conflict = (current: number | null): LeaseEvent => ({ on: "conflict", current, epoch });
export const hint = (keyState: KeyState): LeaseEvent => ({ on: "hint", keyState });
export const seen = (keyState: KeyState, fresh = false): LeaseEvent => ({
  on: "seen",
  keyState,
  epoch,
  ...fresh ? { checkedAt: Infinity } : {},
});
export const vacant = (revision: number) => seen({ kind: "vacant", revision });
export const foreign = (revision: number) => seen({ kind: "foreign", revision });
export const by = (holder: string, attempt: string | null, revision: number, fresh = false) =>
  seen({
    kind: "held",
    revision,
    record: { holder, attempt, token: null, name: "", since: null, ttl: null, meta: {} },
  }, fresh);

export type Script = readonly (readonly [now: number, event: LeaseEvent])[];

/**
 * Plays the events and describes the result of the last one in one line: the state of the machine and the effects that
 * it asks for.
 */
export function play(script: Script): string {
  let state: LeaseState = initialState(epoch);
  let effects: readonly Effect[] = [];
  for (const [now, event] of script) ({ state, effects } = step(state, event, now, RULES));
  const wanted = effects.map(words).filter((text) => text !== "");
  return [place(state), ...wanted].join(" > ");
}

export function place({ phase }: LeaseState): string {
  switch (phase.at) {
    case "held":
      return `held ${phase.token}@${phase.revision} until ${phase.validUntil}`;
    case "idle":
      return `idle ${phase.end?.kind}${phase.end?.kind === "lost" ? ` ${phase.end.why}` : ""}`;
    default:
      return phase.at;
  }
}

export function words(effect: Effect): string {
  switch (effect.act) {
    case "write":
      return `write ${effect.attempt} on ${effect.expected}${effect.fresh ? " fresh" : ""}`;
    case "read":
      return effect.fresh ? "read fresh" : "read";
    case "remove":
      return `remove ${effect.expected}${effect.fresh ? " fresh" : ""}`;
    case "pause":
      return `pause ${effect.why}`;
  }
}

/** Held since 0, with revision 5. */
export const granted: Script = [[0, start], [10, applied(5)]];
/** Held, with a renewal of unknown outcome. */
export const doubtful: Script = [...granted, [300, renew], [400, unknown]];
/** Another holder was found at revision 3. */
export const refused: Script = [[0, start], [1, conflict(3)], [2, by(OTHER, "x.1", 3)]];
