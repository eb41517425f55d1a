/** What a candidate stands on: its key in a store, and the terms it has there. */

import type { Candidate } from "./candidate.ts";
import type { Clock } from "./clock.ts";
import { ConnectionError, NatslockError } from "./errors.ts";
import type { Answer, Effect, LeaseRules } from "./lease_model.ts";
import { wait } from "./patience.ts";
import type { Random } from "./random.ts";
import { recordSize, type Sighting } from "./record.ts";
import {
  type LeaseStore,
  type ReadOutcome,
  requireRoom,
  seenOrThrow,
  type StoreTerms,
  type TermsRequest,
  type WriteOutcome,
} from "./store.ts";
import { leaseLength, type LeaseTiming, leaseTiming } from "./timing.ts";

/** An effect of the machine that sends a message and waits for the answer. */
type Request = Extract<Effect, { act: "write" | "read" | "remove" }>;

/** The stream that was seen, the times that follow from its settings, and what is constant over a step. */
export type Terms = LeaseRules & LeaseTiming & Pick<StoreTerms, "epoch">;

/** Pause after trouble before the terms are known, in ms. */
const FIRST_RETRY = 1000;

/** One key of a store, as one candidate uses it. */
export class Footing {
  readonly candidate: Candidate;
  readonly key: string;
  readonly store: LeaseStore;
  readonly clock: Clock;
  readonly random: Random;
  readonly #instance: string;
  #seen: StoreTerms | null = null;
  #terms: Terms | null = null;

  constructor(candidate: Candidate, ground: { store: LeaseStore; clock: Clock; random: Random }) {
    ({ store: this.store, clock: this.clock, random: this.random } = ground);
    this.candidate = candidate;
    this.key = candidate.key;
    this.#instance = ground.random.uuid();
  }

  /**
   * Looks at the bucket; costs a message only the first time, for `fresh`, or after the bucket was found missing.
   * Rejects if bucket and candidate do not fit, or NATS is unreachable or refuses. Once its times are known, waits no
   * longer than for any other answer.
   */
  async learn({ fresh }: Pick<TermsRequest, "fresh"> = {}): Promise<Terms> {
    const seen = await this.store.terms({ fresh, timeout: this.#terms?.requestTimeout });
    if (this.#terms !== null && this.#seen === seen) return this.#terms;
    const { id, name, meta, ttl, timing } = this.candidate;
    const { epoch, markerTtl } = seen;
    const times = leaseTiming(leaseLength(ttl, seen, this.store.name), timing);
    const grant = { attempt: `${this.#instance}.999999`, token: null, since: 1e13 - 1 };
    requireRoom(seen, this.key, recordSize({ ...grant, holder: id, name, meta, ttl: times.ttl }, ttl));
    this.#seen = seen;
    return this.#terms = { id, instance: this.#instance, epoch, markerTtl, ...times };
  }

  /** True once there was a look. */
  get isKnown(): boolean {
    return this.#terms !== null;
  }

  /** What the last look showed. */
  get terms(): Terms {
    if (this.#terms === null) throw new Error("Cannot tell the bucket's terms before a look at it");
    return this.#terms;
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
        const ms = this.#terms?.retryEvery ?? FIRST_RETRY;
        await wait<void>(signal, (done) => this.clock.after(ms, done));
      }
    }
  }

  /** Carries a request to the store and its outcome back, as the stream's that was known when it left. Never rejects. */
  async perform(request: Request): Promise<Answer> {
    try {
      const fresh = request.act === "read" ? { fresh: request.fresh } : {};
      const terms = await this.learn(fresh);
      const { kind: on, ...outcome } = await this.#send(request, terms);
      return { on, ...outcome, ...fresh, epoch: terms.epoch } as Answer;
    } catch (cause) {
      const { epoch } = this.terms;
      if (cause instanceof NatslockError) return { on: "failed", error: cause, epoch };
      // What a store throws of its own proves nothing about a write.
      const error = new ConnectionError("refused", "Cannot tell how a request ended: the store failed", { cause });
      return { on: "unknown", error, epoch };
    }
  }

  #send(request: Request, terms: Terms): Promise<WriteOutcome | ReadOutcome> {
    const { key, store } = this;
    const timeout = terms.requestTimeout;
    if (request.act === "read") return store.read(key, { timeout });
    const { expected } = request;
    if (request.act === "remove") return store.remove(key, { expected, timeout });
    const { id: holder, name, meta, ttl } = this.candidate;
    const { attempt, token, since } = request;
    const record = { holder, attempt, token, name, since: Math.round(since), ttl: terms.ttl, meta };
    return store.write(key, { record, expected, ttl, timeout });
  }
}
