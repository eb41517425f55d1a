/**
 * Judge of a run with lock managers: checks the invariants Q1 to Q5 and Q8 after each event. It sees true time and both
 * ends of the network. docs/adr/003-proof-by-simulation.md defines the invariants.
 *
 * @module
 */

import { LeaseLostError } from "../../../src/base/errors.ts";
import type { Lock } from "../../../src/locks/lock.ts";
import type { LockManager } from "../../../src/locks/lock_manager.ts";
import type { Ticket } from "../../../src/store/ticket.ts";
import { CLIENT_RATE } from "../leader.ts";
import type { Place } from "../server.ts";
import type { Ask, Belief } from "./ask.ts";
import { SESSION_TTL } from "./climate.ts";
import { Deeds } from "./deeds.ts";
import type { LocksServer } from "./locks_server.ts";
import { keepingOut, type Placed, Truth } from "./truth.ts";

/** Longest time in ms that a lock of a deleted bucket can last: one and a half leases on a slow clock. */
const LASTING = 1.5 * SESSION_TTL / (1 - CLIENT_RATE);

/**
 * Longest time in ms until the owner of a stolen ticket learns of it without faults: its next two checks, and a request.
 * A replica that is behind can answer the first of them.
 */
const HEARING = 2.2 * SESSION_TTL / (1 - CLIENT_RATE) + 200;

/** The rules about who holds, and what of it is stored. */
const UNPROMISED = /^Q[12349]:/;

/** How long after the faults everything takes its usual course, in ms. */
const SETTLED = SESSION_TTL / 2;

/** Checks one run. */
export class LocksJudge {
  /** The first violation, with its time; `null` if there was none. */
  broken: string | null = null;
  grants = 0;
  readonly truth: Truth;
  readonly deeds: Deeds;
  /** All requests that have not ended. */
  readonly asks = new Map<number, Ask>();
  /** The tickets that were sent, by their nonces. */
  readonly tickets = new Map<string, Ticket>();
  /** How often each thing happened. */
  readonly counts = new Map<string, number>();
  readonly #beliefs = new Map<string, Set<Belief>>();
  /** Highest token that was granted for each lock: of any mode, and exclusive. */
  readonly #tops = new Map<string, { readonly any: number; readonly exclusive: number }>();
  readonly #place: Place;
  readonly #server: LocksServer;
  #calmAt = Infinity;
  /** True once the server has lost writes. From then on two can hold one lock, and a ticket proves nothing. */
  #isLossy = false;

  constructor(place: Place, server: LocksServer) {
    this.#place = place;
    this.#server = server;
    this.truth = new Truth((key) => server.store.look(key));
    this.deeds = new Deeds(place, this, server);
    server.onGone = () => {
      this.truth.clear();
      this.#tops.clear();
    };
    server.onLost = (revision) => {
      this.truth.lost(revision);
      this.#isLossy = true;
    };
  }

  blame(rule: string): void {
    if (this.#isLossy && UNPROMISED.test(rule)) return;
    this.broken ??= `${rule} (at ${Math.round(this.#place.timeline.now)} ms)`;
  }

  count(what: string): void {
    this.counts.set(what, (this.counts.get(what) ?? 0) + 1);
  }

  /** The locks that a manager holds now, in the bucket as it is now. */
  heldBy(manager: LockManager): Lock[] {
    const beliefs = [...this.#beliefs.values()].flatMap((each) => [...each]);
    const own = beliefs.filter(({ ask, era }) => ask.manager === manager && era === this.#server.era);
    return own.map(({ lock }) => lock).filter(({ held }) => held);
  }

  /** Faults have ended. */
  calm(): void {
    this.#calmAt = this.#place.timeline.now;
  }

  /** A user got its locks. */
  granted(ask: Ask, locks: readonly Lock[]): Belief[] {
    this.grants++;
    ask.waits = false;
    const { timeline: { now }, chance } = this.#place;
    if (locks.length > 1 && ask.node.runtime.runs && !locks.every(({ held }) => held)) {
      this.blame(`Q8: ${ask.node.name} gets several locks, and does not hold all of them`);
    }
    if (ask.givenUp) this.blame(`Q5: request ${ask.id} gets a lock after it was given up`);
    return locks.map((lock, index) => {
      if (lock.name !== ask.wish.names[index]) this.blame(`Q5: request ${ask.id} gets the lock "${lock.name}"`);
      const isCurrent = lock.epoch === this.#server.epoch && this.#server.madeAt <= now;
      const era = isCurrent ? this.#server.era : -1;
      const belief: Belief = { ask, lock, since: now, era, passive: chance.happens(0.3) };
      if (era >= 0) this.#ordered(belief);
      else this.#mislabeled(belief);
      const beliefs = this.#beliefs.get(lock.name) ?? new Set();
      this.#beliefs.set(lock.name, beliefs.add(belief));
      return belief;
    });
  }

  /** A request that tries once got nothing: it had no room, and not only because of dead sessions. */
  refused(ask: Ask): void {
    ask.waits = false;
    this.count("refused");
    if (!ask.wish.ifAvailable) this.blame(`Q5: request ${ask.id} gets null although it may wait`);
    const [name = "", ...more] = ask.wish.names;
    if (more.length > 0 || ask.tickets !== 1 || ask.madeAt < this.#calmAt + SETTLED) return;
    const placed = this.truth.last(ask);
    if (placed?.room === "room") this.blame(`Q6: request ${ask.id} gets null although "${name}" is free`);
    if (placed?.room === "dead") this.blame(`Q6: request ${ask.id} gets null because of dead sessions`);
  }

  /** A user has released what it got, or knows that it is over. */
  ended(belief: Belief): void {
    const { ask: { node, id }, lock } = belief;
    this.#beliefs.get(lock.name)?.delete(belief);
    if (node.runtime.runs && lock.held) this.blame(`Q5: request ${id} still holds after its end`);
    const { reason } = lock.signal;
    if (!(reason instanceof LeaseLostError) || reason.why !== "stolen" || belief.era !== this.#server.era) return;
    const placed = this.truth.at(lock.token);
    if (placed !== undefined && placed.stolenAt === null && this.truth.stands(placed)) {
      this.blame(`Q4: request ${id} loses token ${lock.token} as stolen, but its ticket stands`);
    }
  }

  /** Checks what everybody believes. Called after each event, when everything that could run has run. */
  check(): void {
    for (const [name, beliefs] of this.#beliefs) {
      const holders: Placed[] = [];
      for (const belief of beliefs) {
        const placed = this.#believed(belief);
        if (placed !== null) holders.push(placed);
      }
      for (const [index, one] of holders.entries()) {
        const others = holders.toSpliced(index, 1);
        const [other] = keepingOut(one.claim, others);
        if (other === undefined) continue;
        return this.blame(
          `Q1: tokens ${one.place} and ${other.place} of ${JSON.stringify(name)} hold at the same time`,
        );
      }
    }
  }

  /** Returns the ticket by which a user believes that it holds; `null` if it does not, or may err. */
  #believed({ ask: { node, id }, lock, era, passive, since }: Belief): Placed | null {
    const { timeline: { now } } = this.#place;
    if (!node.runtime.runs || (passive && !node.runtime.prompt)) return null;
    if (era !== this.#server.era) {
      const overdue = now > Math.max(since, this.#server.madeAt) + LASTING;
      if (overdue && lock.held) this.blame(`Q1: request ${id} still holds a lock of ${lock.epoch}, which is gone`);
      return null;
    }
    if (passive ? lock.signal.aborted : !lock.held) return null;
    const placed = this.truth.at(lock.token);
    if (placed === undefined || placed.name !== lock.name) {
      this.blame(`Q2: request ${id} holds token ${lock.token}, which is no ticket of its queue`);
      return null;
    }
    if (placed.stolenAt !== null) {
      if (now <= Math.max(placed.stolenAt, this.#calmAt) + HEARING || this.#calmAt === Infinity) return null;
      this.blame(`Q1: request ${id} does not hear that token ${lock.token} was stolen`);
    } else if (!this.truth.stands(placed)) {
      this.blame(`Q4: request ${id} holds token ${lock.token}, whose ticket is gone`);
    } else if (!this.truth.lives(placed.session)) {
      this.blame(`Q4: request ${id} holds token ${lock.token}, whose session is not stored`);
    }
    return placed;
  }

  /** A ticket of another stream than that of its session is not granted if its revision shows it (Q2). */
  #mislabeled({ ask, lock }: Belief): void {
    const placed = this.truth.at(lock.token);
    if (placed?.ask !== ask || lock.token > (this.truth.tokens.get(placed.session) ?? 0)) return;
    this.blame(`Q2: token ${lock.token} is granted in a stream that is not ${lock.epoch}, that of its session`);
  }

  /** A grant comes after all that stood before it in its queue and that exclude it (Q2, Q3). */
  #ordered({ ask, lock }: Belief): void {
    const placed = this.truth.at(lock.token);
    if (placed === undefined || placed.stolenAt !== null) return;
    if (placed.ask !== null && placed.ask !== ask) this.blame(`Q3: request ${ask.id} gets the ticket of another`);
    const before = this.truth.queue(lock.name).filter(({ place }) => place < lock.token);
    const [passed] = keepingOut(placed.claim, before);
    if (passed !== undefined) this.blame(`Q3: token ${lock.token} is granted while ticket ${passed.place} stands`);
    const tops = this.#tops.get(lock.name) ?? { any: 0, exclusive: 0 };
    const highest = placed.claim.exclusive ? tops.any : tops.exclusive;
    if (lock.token < highest) this.blame(`Q2: token ${lock.token} is granted after ${highest}`);
    const exclusive = placed.claim.exclusive ? Math.max(tops.exclusive, lock.token) : tops.exclusive;
    this.#tops.set(lock.name, { any: Math.max(tops.any, lock.token), exclusive });
  }
}
