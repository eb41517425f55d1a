/**
 * A hostile store: it refuses, does not answer or contradicts itself, and does so without delay.
 *
 * @module
 */

import { ConnectionError } from "../../src/base/errors.ts";
import type { StoreRequest } from "../../src/memory/memory_link.ts";
import type { Answers } from "./access.ts";
import type { Chance } from "./chance.ts";

/** How a store answers: always the same way, or each time another way. */
const MOODS = ["denied", "unavailable", "unknown", "conflict"] as const;
type Mood = (typeof MOODS)[number] | "any";

/** Delay of its answers in ms. A cycle without any delay would never end. */
export const AT_ONCE = 0.1;

interface Truth<Outcome> {
  readonly answers: Answers<Outcome>;
  readonly honest: () => () => Outcome;
  readonly revision: number;
}

/** The answers of a hostile store to one node. */
export class Hostility {
  readonly #chance: Chance;
  readonly #mood: Mood;

  /** Draws the mood. */
  constructor(chance: Chance) {
    this.#chance = chance;
    this.#mood = chance.pick([...MOODS, "any"]);
  }

  /** Returns an answer. `honest` performs the request and returns the true answer; the key is at `revision`. */
  answer<Outcome>(request: StoreRequest<Outcome>, { answers, honest, revision }: Truth<Outcome>): () => Outcome {
    const mood = this.#mood === "any" ? this.#chance.pick(MOODS) : this.#mood;
    if (mood === "denied" || mood === "unavailable") {
      return () => request.fail(new ConnectionError(mood, `refused: ${mood}`));
    }
    if (mood === "conflict") {
      // A client must be able to trust a refused removal: the key holds another's record. A write may be refused
      // without a reason.
      if (request.kind !== "write") return honest();
      const current = this.#chance.happens(0.8) ? revision : null;
      return () => answers.conflict(current);
    }
    if (request.kind !== "settings" && this.#chance.happens(0.5)) honest();
    return () => request.timeout();
  }
}
