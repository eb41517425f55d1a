/**
 * Who holds a lock, looked at and followed.
 *
 * @module
 */

import type { Candidacy, Ground } from "./candidacy.ts";
import { type Leadership, leadershipOf } from "./leadership.ts";
import { observe } from "./observer.ts";
import { Patience } from "./patience.ts";
import { seenOrThrow } from "./store.ts";

/** Looks at one key, deciding nothing. */
export class View {
  readonly #candidacy: Candidacy;
  readonly #ground: Ground & { readonly key: string };

  /** Sends nothing. */
  constructor(candidacy: Candidacy, ground: Ground & { readonly key: string }) {
    this.#candidacy = candidacy;
    this.#ground = ground;
  }

  /** Who holds it now. */
  async leader(): Promise<Leadership | null> {
    const { closing, keeper } = this.#candidacy;
    closing.throwIfAborted();
    const { ttl, requestTimeout } = await keeper.footing.learn();
    const outcome = await this.#ground.store.read(this.#ground.key, { timeout: requestTimeout });
    return leadershipOf(seenOrThrow(outcome), ttl);
  }

  /** Who holds it now, then each change. */
  async *observe(outer: AbortSignal | undefined): AsyncGenerator<Leadership | null, void, undefined> {
    const { closing, keeper, reporter } = this.#candidacy;
    using patience = new Patience(closing, outer);
    const { signal } = patience;
    signal.throwIfAborted();
    const timing = await keeper.footing.learn();
    for await (const leader of observe({ ...this.#ground, ttl: timing.ttl, timing, signal })) {
      reporter.tell({ type: "observed", leader });
      yield leader;
    }
  }
}
