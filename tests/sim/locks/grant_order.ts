/**
 * Checks that grants follow the order of the queues (Q2, Q3).
 *
 * @module
 */

import type { Belief } from "./ask.ts";
import { keepingOut, type Truth } from "./truth.ts";

/** The order of the grants of one bucket. */
export class GrantOrder {
  /** Highest token that was granted for each lock: of any mode, and exclusive. */
  readonly #tops = new Map<string, { readonly any: number; readonly exclusive: number }>();
  readonly #truth: Truth;
  readonly #blame: (rule: string) => void;

  constructor(truth: Truth, blame: (rule: string) => void) {
    this.#truth = truth;
    this.#blame = blame;
  }

  /** Forgets everything: the bucket is gone. */
  clear(): void {
    this.#tops.clear();
  }

  /** A grant comes after all that stood before it in its queue and that exclude it (Q2, Q3). */
  check({ ask, lock }: Belief): void {
    const placed = this.#truth.at(lock.token);
    if (placed === undefined || placed.stolenAt !== null) return;
    if (placed.ask !== null && placed.ask !== ask) this.#blame(`Q3: request ${ask.id} gets the ticket of another`);
    const before = this.#truth.queue(lock.name).filter(({ place }) => place < lock.token);
    const [passed] = keepingOut(placed.claim, before);
    if (passed !== undefined) this.#blame(`Q3: token ${lock.token} is granted while ticket ${passed.place} stands`);
    const tops = this.#tops.get(lock.name) ?? { any: 0, exclusive: 0 };
    const highest = placed.claim.exclusive ? tops.any : tops.exclusive;
    if (lock.token < highest) this.#blame(`Q2: token ${lock.token} is granted after ${highest}`);
    const exclusive = placed.claim.exclusive ? Math.max(tops.exclusive, lock.token) : tops.exclusive;
    this.#tops.set(lock.name, { any: Math.max(tops.any, lock.token), exclusive });
  }
}
