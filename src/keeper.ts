/**
 * Performs what the lease's state machine decides.
 *
 * @module
 */

import type { Candidate } from "./candidate.ts";
import type { Clock } from "./clock.ts";
import { ConnectionError, NatslockError } from "./errors.ts";
import type { Answer, Effect, LeaseEvent, LeaseRules, LeaseState, News } from "./lease_model.ts";
import { isHeld, step, vacantState } from "./lease_state.ts";
import type { Random } from "./random.ts";
import { performRequest, type Request } from "./request.ts";
import type { LeaseStore, StoreTerms } from "./store.ts";
import { leaseLength, type LeaseTiming, leaseTiming } from "./timing.ts";

/** Where a keeper gets things from. */
export interface Surroundings {
  readonly store: LeaseStore;
  readonly clock: Clock;
  readonly random: Random;
  /** Told when a hold begins, is renewed or ends. */
  readonly tell: (news: News, state: LeaseState) => void;
}

/** Pause after a refusal that only said that another write is in flight: at least this, at most four times this, in ms. */
const CONTENTION_PAUSE = 5;

/**
 * Runs the machine of one candidate by calls: one request in flight, no timers but the short pauses of contention, all
 * decisions in `lease_state`.
 */
export class Keeper {
  readonly #candidate: Candidate;
  readonly #around: Surroundings;
  readonly #instance: string;
  #terms: StoreTerms | null = null;
  #timing: LeaseTiming | null = null;
  #state: LeaseState = vacantState("");
  #turn: Promise<unknown> = Promise.resolve();

  /** Sends nothing. */
  constructor(candidate: Candidate, around: Surroundings) {
    this.#candidate = candidate;
    this.#around = around;
    this.#instance = around.random.uuid();
  }

  /** True while the lease may be acted on. */
  get held(): boolean {
    return isHeld(this.#state, this.#around.clock.now());
  }

  /** What the bucket is like and how long a lease is in it; costs a message only the first time. */
  async timing(): Promise<LeaseTiming> {
    this.#learn(await this.#around.store.terms());
    return this.#known().timing;
  }

  /**
   * Takes the lease, or keeps and renews it. True if it is held; false if another holds it.
   *
   * Rejects if that cannot be told in time; what was written stays in doubt and the next call settles it.
   */
  take(): Promise<boolean> {
    return this.#exclusive(async () => {
      const { ttl } = await this.timing();
      const until = this.#around.clock.now() + ttl;
      for (;;) {
        await this.#settle(this.#opening(), until);
        const verdict = this.#verdict();
        if (verdict !== null) return verdict;
        if (this.#around.clock.now() >= until) throw this.#contended();
      }
    });
  }

  /** Gives the lease back if our id holds it; does nothing if another does. */
  giveBack(): Promise<void> {
    return this.#exclusive(() => this.#leave());
  }

  /** Gives back what this keeper took or may have taken; sends nothing if that is nothing. */
  standDown(): Promise<void> {
    return this.#exclusive(async () => {
      if (this.#state.phase.at !== "idle") await this.#leave();
    });
  }

  async #leave(): Promise<void> {
    const { ttl } = await this.timing();
    const until = this.#around.clock.now() + ttl;
    this.#step({ on: "tick" });
    await this.#settle(this.#state.phase.at === "leaving" ? { on: "retry" } : { on: "leave" }, until);
    const { phase } = this.#state;
    if (phase.at === "idle" && phase.end?.kind === "abandoned") throw phase.end.error;
  }

  /** Runs `work` after all that was asked before, whether that succeeded or not. */
  #exclusive<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#turn.then(work, work);
    this.#turn = result.catch(() => {});
    return result;
  }

  #opening(): LeaseEvent {
    const { clock } = this.#around;
    switch (this.#state.phase.at) {
      case "idle":
        return { on: "start", since: clock.wall(), epoch: this.#known().terms.epoch };
      case "held":
        return { on: "renew" };
      default:
        return { on: "retry" };
    }
  }

  /** What a settled machine says to the one who asked for the lease; `null` = ask again. */
  #verdict(): boolean | null {
    const { phase } = this.#state;
    if (phase.at !== "idle") return phase.at === "held";
    if (phase.end?.kind === "failed") throw phase.end.error;
    if (phase.end?.kind === "refused") return false;
    return phase.end?.kind === "lost" && phase.end.why === "superseded" ? false : null;
  }

  /** Steps until nothing is in flight. Rejects at the first trouble that is not mere contention. */
  async #settle(event: LeaseEvent, until: number): Promise<void> {
    let next: LeaseEvent | null = event;
    while (next !== null) {
      const effect = this.#step(next);
      if (effect === null) return;
      if (effect.act !== "pause") {
        next = await this.#perform(effect);
        continue;
      }
      if (effect.why === "trouble") throw effect.error;
      if (this.#around.clock.now() >= until) throw this.#contended();
      await this.#pause();
      next = { on: "retry" };
    }
  }

  /** One step of the machine; returns what is to be waited for. */
  #step(event: LeaseEvent): Exclude<Effect, { act: "tell" }> | null {
    const { state, effects } = step(this.#state, event, this.#around.clock.now(), this.#rules());
    this.#state = state;
    let waited: Exclude<Effect, { act: "tell" }> | null = null;
    for (const effect of effects) {
      if (effect.act === "tell") this.#around.tell(effect.news, state);
      else waited = effect;
    }
    return waited;
  }

  async #perform(request: Request): Promise<Answer> {
    const { store } = this.#around;
    try {
      this.#learn(await store.terms({ fresh: request.act === "read" && request.fresh }));
    } catch (error) {
      if (!(error instanceof NatslockError)) throw error;
      return { on: "failed", error, epoch: this.#state.memory.epoch };
    }
    const { terms, timing } = this.#known();
    return await performRequest(request, { store, candidate: this.#candidate, timing, epoch: terms.epoch });
  }

  #rules(): LeaseRules {
    const { terms, timing } = this.#known();
    return {
      id: this.#candidate.id,
      instance: this.#instance,
      ttl: timing.ttl,
      margin: timing.margin,
      markerTtl: terms.markerTtl,
    };
  }

  #known(): { terms: StoreTerms; timing: LeaseTiming } {
    if (this.#terms === null || this.#timing === null) throw new Error("Cannot step before the bucket is known");
    return { terms: this.#terms, timing: this.#timing };
  }

  #learn(terms: StoreTerms): void {
    if (this.#terms === terms) return;
    const { ttl, timing } = this.#candidate;
    this.#timing = leaseTiming(leaseLength(ttl, terms, this.#around.store.name), timing);
    this.#terms = terms;
  }

  #pause(): Promise<void> {
    const { clock, random } = this.#around;
    return new Promise((resolve) => clock.after(CONTENTION_PAUSE * (1 + 3 * random.next()), resolve));
  }

  #contended(): ConnectionError {
    return new ConnectionError(
      "contended",
      `Cannot take key "${this.#candidate.key}": others kept writing to it for a whole lease length`,
    );
  }
}
