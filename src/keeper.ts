/**
 * Performs what the lease's state machine decides.
 *
 * @module
 */

import type { Candidate } from "./candidate.ts";
import type { Clock } from "./clock.ts";
import { BadParameterError, BucketConfigError, ConnectionError, NatslockError } from "./errors.ts";
import type { Answer, Effect, LeaseEvent, LeaseRules, LeaseState } from "./lease_model.ts";
import { isHeld, step, vacantState } from "./lease_state.ts";
import type { Random } from "./random.ts";
import type { LeaseRecord } from "./record.ts";
import type { LeaseStore, StoreTerms, WriteOutcome } from "./store.ts";
import { type LeaseTiming, leaseTiming } from "./timing.ts";

/** Where a keeper gets things from. */
export interface Surroundings {
  readonly store: LeaseStore;
  readonly clock: Clock;
  readonly random: Random;
  /** Told when a hold begins, is renewed or ends. */
  readonly tell: (news: "granted" | "renewed" | "ended", state: LeaseState) => void;
}

type Request = Extract<Effect, { act: "write" | "read" | "remove" }>;

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
      const fresh = request.act === "read" && request.fresh;
      this.#learn(await store.terms({ fresh }));
      const answer = await this.#send(request);
      return { ...answer, epoch: this.#known().terms.epoch };
    } catch (error) {
      if (!(error instanceof NatslockError)) throw error;
      return { on: "failed", error, epoch: this.#state.memory.epoch };
    }
  }

  async #send(request: Request): Promise<AnswerWithoutEpoch> {
    const { store } = this.#around;
    const { key, ttl } = this.#candidate;
    const { requestTimeout: timeout } = this.#known().timing;
    if (request.act === "read") {
      const outcome = await store.read(key, { timeout });
      if (outcome.kind === "failed") return { on: "failed", error: outcome.error };
      return { on: "seen", sighting: outcome.sighting, fresh: request.fresh };
    }
    const { expected } = request;
    if (request.act === "remove") return answerOf(await store.remove(key, { expected, timeout }));
    return answerOf(await store.write(key, { record: this.#record(request), expected, ttl, timeout }));
  }

  #record(write: Extract<Effect, { act: "write" }>): LeaseRecord {
    const { id: holder, name, meta } = this.#candidate;
    const { attempt, token, since } = write;
    return { holder, attempt, token, name, since: Math.round(since), ttl: this.#known().timing.ttl, meta };
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

type AnswerWithoutEpoch = Answer extends infer One ? One extends Answer ? Omit<One, "epoch"> : never : never;

function answerOf(outcome: WriteOutcome): AnswerWithoutEpoch {
  switch (outcome.kind) {
    case "applied":
      return { on: "applied", revision: outcome.revision };
    case "conflict":
      return { on: "conflict", current: outcome.current };
    default:
      return { on: outcome.kind, error: outcome.error };
  }
}

/** The lease length in force: the lock's own where it has one, else the bucket's. */
function leaseLength(own: number | null, terms: StoreTerms, bucket: string): number {
  if (own === null) {
    if (terms.ttl !== null) return terms.ttl;
    const wanted = `the lease length, or the Locker must be given a "ttl" of its own`;
    throw new BucketConfigError({ bucket, setting: "max_age", value: 0, wanted });
  }
  if (!terms.perKeyTtl) {
    const wanted = `true for a Locker with a "ttl" of its own (needs server 2.11)`;
    throw new BucketConfigError({ bucket, setting: "allow_msg_ttl", value: false, wanted });
  }
  if (terms.ttl !== null && own > terms.ttl) {
    throw new BadParameterError(
      "ttl",
      `Cannot use "ttl": must be at most the ${terms.ttl} ms that bucket "${bucket}" keeps a record, ` +
        `current value is ${own}`,
    );
  }
  return own;
}
