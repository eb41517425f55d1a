/**
 * Ledger: every grant with its token, and which holds a disaster has made void.
 *
 * @module
 */

import type { Node } from "./node.ts";
import { CLIENT_RATE } from "./leader.ts";
import { TTL } from "./server.ts";

/**
 * Longest time in ms that a hold can continue without new information, as docs/guarantees.md says: one and a half leases
 * on a slow clock. A holder renews without a check of the stream if the last check is less than half a lease old, and
 * may then learn nothing until the end of that lease.
 */
const lasting = (ttl: number): number => 1.5 * ttl / (1 - CLIENT_RATE);

/** One hold. */
export interface Hold {
  readonly node: Node;
  readonly token: number;
  readonly attempt: string;
  /** How often the bucket had been re-created or had lost writes before the grant. */
  readonly era: number;
  /** The stream that its machine considers it part of. */
  readonly epoch: string;
  /** When it was granted, in true time. */
  readonly since: number;
}

/** The grants of one run. Times are true time in milliseconds. */
export class Ledger {
  /** How often the bucket was re-created or lost writes. */
  era = 0;
  /** Number of grants that count. */
  grants = 0;
  readonly #tokens = new Map<string, number>();
  readonly #voided = new Set<string>();
  readonly #copied = new Set<string>();
  #mixedUntil = 0;
  #last = 0;

  /**
   * True if a request sent at this time may meet revisions of a new era that equal those of the era before. Nothing is
   * guaranteed then.
   */
  isMixed(at: number): boolean {
    return at < this.#mixedUntil;
  }

  /** Revisions start again. */
  newEra(now: number): void {
    this.era++;
    this.#last = 0;
    this.begin(now);
  }

  /** The stream of the era was created, at once or some time after the previous era ended. */
  begin(now: number): void {
    this.#mixedUntil = Math.max(this.#mixedUntil, now + lasting(TTL));
  }

  /**
   * True if a hold of another stream must have ended by now, because its machine had time to notice. `stream` is the
   * current stream, and when it was created.
   */
  isOverdue(
    { node, epoch, since }: Hold,
    stream: { readonly epoch: string; readonly madeAt: number },
    now: number,
  ): boolean {
    return epoch !== stream.epoch && now > Math.max(since, stream.madeAt) + lasting(node.ttl);
  }

  /**
   * A client with the permission to do so destroyed the record of this attempt, or the record has no effect. Only the
   * token protects.
   */
  void(attempt: string): void {
    this.#voided.add(attempt);
  }

  /** True if a disaster made this hold void. */
  isVoid({ attempt, era }: Hold): boolean {
    return this.#voided.has(attempt) || era < this.era;
  }

  /** The network duplicated a write of this attempt, and the duplicate was stored. */
  copied(attempt: string): void {
    this.#copied.add(attempt);
  }

  /** True if the stored record may be that duplicate, of which no candidate can know. */
  isCopied(attempt: string): boolean {
    return this.#copied.has(attempt);
  }

  /** The grant of this attempt was stored with this revision. */
  stood(attempt: string, token: number): void {
    this.#tokens.set(attempt, token);
  }

  /** The revision of an attempt's grant. */
  tokenOf(attempt: string): number | undefined {
    return this.#tokens.get(attempt);
  }

  /**
   * Counts a grant. Returns the rule that it breaks, or `null` (S2, S3: each token is higher than all before, so none
   * is used twice).
   */
  grant({ node, token }: Hold): string | null {
    this.grants++;
    const last = this.#last;
    this.#last = Math.max(last, token);
    return token > last ? null : `S2: ${node.name} is granted ${token} after ${last}`;
  }
}
