/**
 * Which holds count: every grant with its token, and what disasters took away.
 *
 * @module
 */

import type { Node } from "./node.ts";
import { CLIENT_RATE, TTL } from "./server.ts";

/** How long a hold of so many ms goes on at the longest where nothing new is known: one lease by a slow clock, one request. */
const lasting = (ttl: number): number => ttl / (1 - CLIENT_RATE) + ttl / 4;

/** One hold, from its grant. */
export interface Hold {
  readonly node: Node;
  readonly token: number;
  readonly attempt: string;
  /** How often the bucket was made anew or lost writes before. */
  readonly era: number;
  /** The stream that its machine takes it to be of. */
  readonly epoch: string;
  /** When it was granted, in true time. */
  readonly since: number;
}

/** The grants of one run. Times are true time in milliseconds. */
export class Ledger {
  /** How often the bucket was made anew or lost writes. */
  era = 0;
  /** How many grants counted. */
  grants = 0;
  readonly #tokens = new Map<string, number>();
  readonly #voided = new Set<string>();
  readonly #copied = new Set<string>();
  #mixedUntil = 0;
  #last = 0;

  /** True if what left then may meet numbers of after that were those of before: then nothing is promised. */
  isMixed(at: number): boolean {
    return at < this.#mixedUntil;
  }

  /** Revisions begin anew. */
  newEra(now: number): void {
    this.era++;
    this.#last = 0;
    this.begin(now);
  }

  /** The stream of the era is there: at once, or some time after the end of the one before. */
  begin(now: number): void {
    this.#mixedUntil = Math.max(this.#mixedUntil, now + lasting(TTL));
  }

  /** True once a hold of another stream than `epoch`, which was made then, must have ended: its machine had to notice. */
  isOverdue(
    { node, epoch, since }: Hold,
    stream: { readonly epoch: string; readonly madeAt: number },
    now: number,
  ): boolean {
    return epoch !== stream.epoch && now > Math.max(since, stream.madeAt) + lasting(node.ttl);
  }

  /** What this attempt wrote was destroyed by somebody who may, or is worth nothing: only its token protects. */
  void(attempt: string): void {
    this.#voided.add(attempt);
  }

  /** True if a disaster took this hold's ground away. */
  isVoid({ attempt, era }: Hold): boolean {
    return this.#voided.has(attempt) || era < this.era;
  }

  /** The network made a second copy of a write of this attempt, and that stood. */
  copied(attempt: string): void {
    this.#copied.add(attempt);
  }

  /** True if what stands may be of that copy, of which nobody can know. */
  isCopied(attempt: string): boolean {
    return this.#copied.has(attempt);
  }

  /** The grant of this attempt stood under this revision. */
  stood(attempt: string, token: number): void {
    this.#tokens.set(attempt, token);
  }

  /** The revision of an attempt's grant. */
  tokenOf(attempt: string): number | undefined {
    return this.#tokens.get(attempt);
  }

  /** Counts a grant; what is wrong with it, or `null` (S2, S3: each token is above all before, so none is used twice). */
  grant({ node, token }: Hold): string | null {
    this.grants++;
    const last = this.#last;
    this.#last = Math.max(last, token);
    return token > last ? null : `S2: ${node.name} is granted ${token} after ${last}`;
  }
}
