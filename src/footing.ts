/**
 * What a candidate stands on: its key in a store, the bucket's terms, and the times that follow from them.
 *
 * @module
 */

import type { Candidate } from "./candidate.ts";
import type { Clock } from "./clock.ts";
import { ConnectionError, NatslockError } from "./errors.ts";
import type { Answer, Effect, LeaseRules } from "./lease_model.ts";
import { wait } from "./patience.ts";
import type { Random } from "./random.ts";
import type { Sighting } from "./record.ts";
import { type LeaseStore, type ReadOutcome, seenOrThrow, type StoreTerms, type WriteOutcome } from "./store.ts";
import { leaseLength, type LeaseTiming, leaseTiming } from "./timing.ts";

/** An effect of the machine that sends a message and waits for the answer. */
export type Request = Extract<Effect, { act: "write" | "read" | "remove" }>;

/** Pause after trouble before the bucket's terms are known, in ms. */
const FIRST_RETRY = 1000;

/** One key of a store, as one candidate uses it. Terms and times are always of one look at the bucket. */
export class Footing {
  readonly candidate: Candidate;
  readonly key: string;
  readonly store: LeaseStore;
  readonly clock: Clock;
  readonly random: Random;
  readonly #instance: string;
  #known: { readonly terms: StoreTerms; readonly timing: LeaseTiming } | null = null;

  /** Sends nothing. */
  constructor(candidate: Candidate, ground: { store: LeaseStore; clock: Clock; random: Random }) {
    this.candidate = candidate;
    this.key = candidate.key;
    this.store = ground.store;
    this.clock = ground.clock;
    this.random = ground.random;
    this.#instance = ground.random.uuid();
  }

  /**
   * Looks at the bucket; costs a message only the first time, for `fresh`, or after the bucket was found missing.
   *
   * @throws {BucketConfigError | BadParameterError} if bucket and candidate do not fit
   * @throws {ConnectionError} if NATS is unreachable or refuses
   */
  async learn(options: { readonly fresh?: boolean } = {}): Promise<LeaseTiming> {
    const terms = await this.store.terms(options);
    if (this.#known?.terms !== terms) {
      const { ttl, timing } = this.candidate;
      this.#known = { terms, timing: leaseTiming(leaseLength(ttl, terms, this.store.name), timing) };
    }
    return this.#known.timing;
  }

  /** True once there was a look. */
  get isKnown(): boolean {
    return this.#known !== null;
  }

  /** The times in force. */
  get timing(): LeaseTiming {
    return this.#require().timing;
  }

  /** Lease length in milliseconds. */
  get ttl(): number {
    return this.timing.ttl;
  }

  /** The stream that was seen. */
  get epoch(): string {
    return this.#require().terms.epoch;
  }

  /** What is constant over a step of the machine. */
  get rules(): LeaseRules {
    const { terms: { markerTtl }, timing: { ttl, margin } } = this.#require();
    return { id: this.candidate.id, instance: this.#instance, ttl, margin, markerTtl };
  }

  /** What stands under the key; rejects with what the look failed with. */
  async look(): Promise<Sighting> {
    const { requestTimeout: timeout } = await this.learn();
    return seenOrThrow(await this.store.read(this.key, { timeout }));
  }

  /** Does `work` until it succeeds or meets trouble that waiting does not mend. Rejects with the signal's reason. */
  async persist<T>(signal: AbortSignal, work: () => Promise<T>): Promise<T> {
    for (;;) {
      try {
        return await work();
      } catch (error) {
        signal.throwIfAborted();
        if (!(error instanceof NatslockError) || !error.transient) throw error;
        const ms = this.#known?.timing.retryEvery ?? FIRST_RETRY;
        await wait<void>(signal, (done) => this.clock.after(ms, done));
      }
    }
  }

  /** Carries a request to the store and its outcome back, as the stream's that was known when it left. Never rejects. */
  async perform(request: Request): Promise<Answer> {
    try {
      const fresh = request.act === "read" ? { fresh: request.fresh } : {};
      const timing = await this.learn(fresh);
      const { epoch } = this;
      const { kind: on, ...outcome } = await this.#send(request, timing);
      return { on, ...outcome, ...fresh, epoch } as Answer;
    } catch (cause) {
      const { epoch } = this;
      if (cause instanceof NatslockError) return { on: "failed", error: cause, epoch };
      // What a store throws of its own proves nothing about a write.
      const error = new ConnectionError("refused", "Cannot tell how a request ended: the store failed", { cause });
      return { on: "unknown", error, epoch };
    }
  }

  #send(request: Request, timing: LeaseTiming): Promise<WriteOutcome | ReadOutcome> {
    const { key, store } = this;
    const timeout = timing.requestTimeout;
    if (request.act === "read") return store.read(key, { timeout });
    const { expected } = request;
    if (request.act === "remove") return store.remove(key, { expected, timeout });
    const { id: holder, name, meta, ttl } = this.candidate;
    const { attempt, token, since } = request;
    const record = { holder, attempt, token, name, since: Math.round(since), ttl: timing.ttl, meta };
    return store.write(key, { record, expected, ttl, timeout });
  }

  #require(): { readonly terms: StoreTerms; readonly timing: LeaseTiming } {
    if (this.#known === null) throw new Error("Cannot tell the bucket's terms before a look at it");
    return this.#known;
  }
}
