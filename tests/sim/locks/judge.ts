/**
 * Judge of a run with lock managers: checks the invariants Q1 to Q5 and Q8 after each event. It sees true time and both
 * ends of the network. docs/adr/003-proof-by-simulation.md defines the invariants.
 *
 * @module
 */

import { LeaseLostError } from "../../../src/base/errors.ts";
import type { Lock } from "../../../src/locks/lock.ts";
import type { StoreRequest } from "../../../src/memory/memory_link.ts";
import type { Ticket } from "../../../src/store/ticket.ts";
import type { CarriedOut, Place } from "../server.ts";
import type { Ask, Belief } from "./ask.ts";
import { HEARING, LASTING, SETTLED } from "./climate.ts";
import { GrantOrder } from "./grant_order.ts";
import type { LocksNode } from "./locks_node.ts";
import type { LocksServer } from "./locks_server.ts";
import { claimOf, conflictAmong, type Placed, Truth } from "./truth.ts";

/** Checks one run. */
export class LocksJudge {
  /** The first violation, with its time; `null` if there was none. */
  broken: string | null = null;
  grants = 0;
  readonly truth: Truth;
  /** All requests that have not ended. */
  readonly asks = new Map<number, Ask>();
  /** The tickets that were sent, by their nonces. */
  readonly tickets = new Map<string, Ticket>();
  /** How often each thing happened. */
  readonly counts = new Map<string, number>();
  readonly #beliefs = new Map<string, Set<Belief>>();
  readonly #order: GrantOrder;
  readonly #place: Place;
  readonly #server: LocksServer;
  #calmAt = Infinity;

  constructor(place: Place, server: LocksServer) {
    this.#place = place;
    this.#server = server;
    this.truth = new Truth((key) => server.store.look(key));
    this.#order = new GrantOrder(this.truth, (rule) => this.blame(rule));
    server.onGone = () => {
      this.truth.clear();
      this.#order.clear();
    };
  }

  blame(rule: string): void {
    this.broken ??= `${rule} (at ${Math.round(this.#place.timeline.now)} ms)`;
  }

  count(what: string): void {
    this.counts.set(what, (this.counts.get(what) ?? 0) + 1);
  }

  /** Faults have ended. */
  calm(): void {
    this.#calmAt = this.#place.timeline.now;
  }

  /** The server performed a request. */
  carriedOut(node: LocksNode, request: StoreRequest<unknown>, change: CarriedOut): void {
    if (!change.applied) return;
    const { key, kind } = request;
    if (kind === "append") this.#appended(node, key, change);
    else if (key.startsWith("=s.")) this.#session(node, key.slice(3), { kind, change });
    else this.#removed(node, change);
  }

  /** Somebody who is no process of this run stored something under the key of a ticket. */
  foreign(name: string, key: string): void {
    const { revision } = this.#server.store.look(key);
    const session = key.split(".")[2] ?? "";
    const about = { key, place: revision, session, name, claim: claimOf(null), node: null, ask: null };
    this.truth.add({ ...about, storedAt: this.#place.timeline.now, room: "room", stolenAt: null });
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
      if (era >= 0) this.#order.check(belief);
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
      const [one, other] = conflictAmong(holders);
      if (one && other) {
        return this.blame(`Q1: tokens ${one.place} and ${other.place} of "${name}" hold at the same time`);
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

  #appended(node: LocksNode, key: string, { before, after }: CarriedOut): void {
    const ticket = after.kind === "held" ? this.tickets.get(after.record.attempt ?? "") : undefined;
    if (ticket === undefined) return this.blame(`Q4: ${node.name} stores an unknown ticket`);
    if (before.kind !== "vacant") this.count("own ticket written over");
    const ask = this.asks.get(ticket.since ?? -1) ?? null;
    if (ask !== null) ask.tickets++;
    const { session, lock: name } = ticket;
    const about = { key, place: after.revision, session, name, claim: claimOf(ticket), node, ask };
    this.truth.add({ ...about, storedAt: this.#place.timeline.now, room: "room", stolenAt: null });
    node.stored(name, after.revision);
  }

  /** The record of a session was written, or a marker was put on its key. */
  #session(
    node: LocksNode,
    id: string,
    { kind, change }: { readonly kind: string; readonly change: CarriedOut },
  ): void {
    const session = this.truth.sessions.get(id);
    if (this.truth.former.has(id)) return;
    if (kind === "write") {
      if (session?.isBuried) this.blame(`Q4: ${node.name} renews session ${id}, which was buried`);
      if (session !== undefined && session.node !== node) this.blame(`Q4: ${node.name} renews another's session`);
      // A first write in doubt may be withdrawn, and then made again.
      this.truth.sessions.set(id, { node, wroteAt: this.#place.timeline.now, isOver: false, isBuried: false });
      return;
    }
    if (session?.node !== node) {
      this.count("burial");
      if (change.before.kind !== "vacant") this.blame(`Q4: ${node.name} buries session ${id}, whose record stands`);
    }
    if (session === undefined) return;
    this.truth.sessions.set(id, { ...session, isOver: true, isBuried: session.node !== node });
  }

  /** A ticket was removed: by its owner, by a thief, or after the burial of its session (Q4). */
  #removed(node: LocksNode, { before }: CarriedOut): void {
    const placed = before.kind === "vacant" ? undefined : this.truth.at(before.revision);
    if (placed === undefined) return;
    const { place, name, session } = placed;
    const isTheft = place < node.thefts(name);
    // A session of an earlier bucket has no record in this one.
    const isDead = this.truth.sessions.get(session)?.isOver !== false;
    if (placed.node !== node && isDead) return;
    if (placed.node !== node && !isTheft) {
      return this.blame(`Q4: ${node.name} removes ticket ${place}, whose session lives`);
    }
    if (!isTheft) return;
    this.count("theft");
    placed.stolenAt = this.#place.timeline.now;
  }
}
