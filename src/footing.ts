/**
 * What a candidate stands on: the bucket's terms and the times that follow from them.
 *
 * @module
 */

import type { Candidate } from "./candidate.ts";
import type { LeaseRules } from "./lease_model.ts";
import type { LeaseStore, StoreTerms } from "./store.ts";
import { leaseLength, type LeaseTiming, leaseTiming } from "./timing.ts";

/** Terms and times, always of one look at the bucket. */
export class Footing {
  readonly #candidate: Candidate;
  readonly #store: LeaseStore;
  readonly #instance: string;
  #known: { readonly terms: StoreTerms; readonly timing: LeaseTiming } | null = null;

  /** `instance` is the prefix of this candidate's nonces. Sends nothing. */
  constructor(candidate: Candidate, store: LeaseStore, instance: string) {
    this.#candidate = candidate;
    this.#store = store;
    this.#instance = instance;
  }

  /**
   * Looks at the bucket; costs a message only the first time, for `fresh`, or after the bucket was found missing.
   *
   * @throws {BucketConfigError | BadParameterError} if bucket and candidate do not fit
   * @throws {ConnectionError} if NATS is unreachable or refuses
   */
  async learn(options: { readonly fresh?: boolean } = {}): Promise<LeaseTiming> {
    const terms = await this.#store.terms(options);
    if (this.#known?.terms !== terms) {
      const { ttl, timing } = this.#candidate;
      this.#known = { terms, timing: leaseTiming(leaseLength(ttl, terms, this.#store.name), timing) };
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

  /** Pause before what failed is tried again, in milliseconds; before a first look, what it is for a long lease. */
  get retryEvery(): number {
    return this.#known?.timing.retryEvery ?? 1000;
  }

  /** The stream that was seen. */
  get epoch(): string {
    return this.#require().terms.epoch;
  }

  /** What is constant over a step of the machine. */
  get rules(): LeaseRules {
    const { terms, timing } = this.#require();
    const { ttl, margin } = timing;
    return { id: this.#candidate.id, instance: this.#instance, ttl, margin, markerTtl: terms.markerTtl };
  }

  #require(): { readonly terms: StoreTerms; readonly timing: LeaseTiming } {
    if (this.#known === null) throw new Error("Cannot tell the bucket's terms before a look at it");
    return this.#known;
  }
}
