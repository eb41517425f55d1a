/**
 * Performs what the lease's state machine decides.
 *
 * @module
 */

import type { Candidate } from "./candidate.ts";
import type { Clock } from "./clock.ts";
import { ConnectionError, NatslockError } from "./errors.ts";
import { Footing } from "./footing.ts";
import type { Answer, Effect, LeaseEvent, LeaseState, Stepped } from "./lease_model.ts";
import { isHeld, isSettled, step, vacantState } from "./lease_state.ts";
import type { Random } from "./random.ts";
import { performRequest, type Request } from "./request.ts";
import type { LeaseStore } from "./store.ts";

/** Where a keeper gets things from, and whom it tells of each step. */
export interface Surroundings {
  readonly store: LeaseStore;
  readonly clock: Clock;
  readonly random: Random;
  readonly tell: (stepped: Stepped) => void;
}

/** Pause after "another write is in flight": at least this, at most four times this, in ms. */
const CONTENTION_PAUSE = 5;

type Pause = Extract<Effect, { act: "pause" }>;

/**
 * Runs the machine of one candidate: one request in flight, one timer. Driven by calls it rests at the first trouble;
 * driven by time it goes on by itself: renews, stands down, takes back what it wrote.
 */
export class Keeper {
  readonly #candidate: Candidate;
  readonly #around: Surroundings;
  /** What the bucket is like and how long a lease is in it. */
  readonly footing: Footing;
  #state: LeaseState = vacantState("");
  #turn: Promise<unknown> = Promise.resolve();
  #byTime = false;
  #flying = false;
  #stopped = false;
  #until = Infinity;
  #cancelTimer = () => {};
  #cancelPause: (() => void) | null = null;
  #resting = new Set<(trouble: NatslockError | null) => void>();

  /** Sends nothing. */
  constructor(candidate: Candidate, around: Surroundings) {
    this.#candidate = candidate;
    this.#around = around;
    this.footing = new Footing(candidate, around.store, around.random.uuid());
  }

  /** Where the machine stands; looking ends a lease that is over (L5). */
  get state(): LeaseState {
    const held = this.#state.phase.at === "held";
    if (held && !isHeld(this.#state, this.#around.clock.now())) this.post({ on: "tick" });
    return this.#state;
  }

  /** Runs `work` after all that was asked before. */
  exclusive<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#turn.then(work, work);
    this.#turn = result.catch(() => {});
    return result;
  }

  /** From now on the machine is driven by time (a lease, or a taking back), or by calls. */
  drive(by: "time" | "calls"): void {
    this.#byTime = by === "time";
    this.#arm();
  }

  /**
   * Goes for the lease, or renews it, until that is settled. Rejects at the first trouble; what was written then stays
   * in doubt and the next try settles it. An aborted signal is looked at after each answer.
   */
  async settle(signal?: AbortSignal): Promise<LeaseState> {
    const { ttl } = await this.footing.learn();
    const { clock } = this.#around;
    this.#until = clock.now() + ttl;
    for (;;) {
      // An answer to the last hold's request must not come in between.
      if (this.#flying) await this.rest();
      signal?.throwIfAborted();
      this.post(this.#opening());
      const trouble = await this.rest();
      if (trouble) throw trouble;
      signal?.throwIfAborted();
      if (isSettled(this.#state)) return this.#state;
      if (clock.now() >= this.#until) throw this.#contended();
    }
  }

  /** Takes back what stands or may stand, and waits until that is done. Rejects at the first trouble. */
  async undo(): Promise<void> {
    if (!this.footing.isKnown) await this.footing.learn();
    this.#until = Infinity;
    this.post(this.state.phase.at === "leaving" ? { on: "retry" } : { on: "leave" });
    const trouble = await this.rest();
    if (trouble) throw trouble;
    const { phase } = this.#state;
    if (phase.at === "idle" && phase.end?.kind === "abandoned") throw phase.end.error;
  }

  /** Resolves when nothing is in flight and nothing paused, or at the first trouble, with that. */
  rest(): Promise<NatslockError | null> {
    if (!this.#flying && this.#cancelPause === null) return Promise.resolve(null);
    return new Promise((resolve) => this.#resting.add(resolve));
  }

  /** Nothing happens any more. */
  stop(): void {
    this.#stopped = true;
    this.#byTime = false;
    this.#endPause();
    this.#arm();
    if (!this.#flying) this.#rest(null);
  }

  /** One step of the machine, and what it wants done. */
  post(event: LeaseEvent): void {
    if (!this.footing.isKnown || this.#stopped) return;
    const before = this.#state;
    const { state, effects } = step(before, event, this.#around.clock.now(), this.footing.rules);
    this.#state = state;
    if (state.phase.at !== before.phase.at) this.#endPause();
    for (const effect of effects) {
      if (effect.act === "pause") this.#pause(effect);
      else if (effect.act !== "tell") this.#send(effect);
    }
    this.#around.tell({ before, event, after: state, effects });
    this.#arm();
    if (!this.#flying && this.#cancelPause === null) this.#rest(null);
  }

  #opening(): LeaseEvent {
    const { clock } = this.#around;
    switch (this.state.phase.at) {
      case "idle":
        return { on: "start", since: clock.wall(), epoch: this.footing.epoch };
      case "held":
        return { on: "renew" };
      default:
        return { on: "retry" };
    }
  }

  #send(request: Request): void {
    this.#endPause();
    this.#flying = true;
    this.#perform(request).then((answer) => {
      this.#flying = false;
      this.post(answer);
    });
  }

  async #perform(request: Request): Promise<Answer> {
    const { store } = this.#around;
    try {
      const timing = await this.footing.learn({ fresh: request.act === "read" && request.fresh });
      const { epoch } = this.footing;
      return await performRequest(request, { store, candidate: this.#candidate, timing, epoch });
    } catch (cause) {
      const { epoch } = this.#state.memory;
      if (cause instanceof NatslockError) return { on: "failed", error: cause, epoch };
      // What a store throws of its own proves nothing about a write.
      const error = new ConnectionError("refused", "Cannot tell how a request ended: the store failed", { cause });
      return { on: "unknown", error, epoch };
    }
  }

  #pause(pause: Pause): void {
    if (pause.why === "trouble") {
      this.#rest(pause.error);
      if (!this.#byTime) return;
    }
    const { clock, random } = this.#around;
    if (!this.#byTime && clock.now() >= this.#until) return this.#rest(this.#contended());
    const jitter = 1 + 3 * random.next();
    const length = pause.why === "contention" ? CONTENTION_PAUSE * jitter : this.footing.timing.retryEvery;
    this.#cancelPause = clock.after(length, () => {
      this.#cancelPause = null;
      this.post({ on: "retry" });
    });
  }

  #endPause(): void {
    this.#cancelPause?.();
    this.#cancelPause = null;
  }

  #rest(trouble: NatslockError | null): void {
    const resting = this.#resting;
    this.#resting = new Set();
    for (const resolve of resting) resolve(trouble);
  }

  /** One timer for what comes next: a renewal, or the end of the lease, which no request in flight can delay. */
  #arm(): void {
    this.#cancelTimer();
    this.#cancelTimer = () => {};
    const { phase } = this.#state;
    const { clock } = this.#around;
    if (!this.#byTime || phase.at !== "held") return;
    const waits = phase.busy !== null || this.#cancelPause !== null;
    const renewAt = waits ? Infinity : phase.sentAt + this.footing.timing.renewEvery;
    const due = Math.min(renewAt, phase.validUntil);
    const event: LeaseEvent = due < phase.validUntil ? { on: "renew" } : { on: "tick" };
    this.#cancelTimer = clock.after(Math.max(0, due - clock.now()), () => this.post(event));
  }

  #contended(): ConnectionError {
    return new ConnectionError("contended", `Cannot take key "${this.#candidate.key}": others kept writing to it`);
  }
}
