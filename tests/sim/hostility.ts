/**
 * A store that refuses, is silent or contradicts itself, and does so at once.
 *
 * @module
 */

import { ConnectionError } from "../../src/base/errors.ts";
import type { StoreRequest } from "../../src/memory/memory_link.ts";
import type { Chance } from "./chance.ts";

/** How a store answers: always alike, or now so and now so. */
const MOODS = ["denied", "unavailable", "unknown", "conflict"] as const;
type Mood = (typeof MOODS)[number] | "any";

/** How soon it does, in ms: a cycle without a pause must take some time, or a run never ends. */
export const AT_ONCE = 0.1;

/** What a hostile store says to one node. */
export class Hostility {
  readonly #chance: Chance;
  readonly #mood: Mood;

  /** Draws its mood. */
  constructor(chance: Chance) {
    this.#chance = chance;
    this.#mood = chance.pick([...MOODS, "any"]);
  }

  /** What it answers; `honest` does what was asked, and says so. */
  answer<Outcome>(request: StoreRequest<Outcome>, honest: () => () => Outcome, stands: number): () => Outcome {
    const mood = this.#mood === "any" ? this.#chance.pick(MOODS) : this.#mood;
    if (mood === "denied" || mood === "unavailable") {
      return () => request.fail(new ConnectionError(mood, `refused: ${mood}`));
    }
    if (mood === "conflict") {
      // A removal that is refused has to be believed: what stands is another's. A write may be refused for no reason.
      if (request.kind !== "write") return honest();
      const current = this.#chance.happens(0.8) ? stands : null;
      return () => ({ kind: "conflict", current }) as Outcome;
    }
    if (request.kind !== "settings" && this.#chance.happens(0.5)) honest();
    return () => request.timeout();
  }
}
