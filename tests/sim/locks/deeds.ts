/**
 * What processes store and remove, checked against who may do it (Q4).
 *
 * @module
 */

import type { StoreRequest } from "../../../src/memory/memory_link.ts";
import type { CarriedOut, Place } from "../server.ts";
import type { LocksJudge } from "./judge.ts";
import type { LocksNode } from "./locks_node.ts";
import type { LocksServer } from "./locks_server.ts";
import { claimOf } from "./truth.ts";

/**
 * A thief that was robbed ends. It takes another ticket under the same session only if it does not know of the theft:
 * after a write in doubt, or after half of `maxHold`. That does not happen more often than this.
 */
const MOST_ROBBED = 4;

/** Follows all requests that the server performs. */
export class Deeds {
  readonly #place: Place;
  readonly #judge: LocksJudge;
  readonly #server: LocksServer;

  constructor(place: Place, judge: LocksJudge, server: LocksServer) {
    this.#place = place;
    this.#judge = judge;
    this.#server = server;
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
    this.#judge.truth.add({ ...about, storedAt: this.#place.timeline.now, room: "room", stolenAt: null });
  }

  #appended(node: LocksNode, key: string, { before, after }: CarriedOut): void {
    const ticket = after.kind === "held" ? this.#judge.tickets.get(after.record.attempt ?? "") : undefined;
    if (ticket === undefined) return this.#judge.blame(`Q4: ${node.name} stores an unknown ticket`);
    if (before.kind !== "vacant") this.#judge.count("own ticket written over");
    const ask = this.#judge.asks.get(ticket.since ?? -1) ?? null;
    if (ask !== null) ask.tickets++;
    const { session, lock: name } = ticket;
    const robbed = ask?.wish.steal ? this.#judge.truth.stolenFrom(ask, session) : 0;
    if (robbed > MOST_ROBBED) {
      this.#judge.blame(`Q5: request ${ask?.id} steals again after ${robbed} of its tickets were stolen`);
    }
    const about = { key, place: after.revision, session, name, claim: claimOf(ticket), node, ask };
    this.#judge.truth.add({ ...about, storedAt: this.#place.timeline.now, room: "room", stolenAt: null });
    node.stored(name, after.revision);
  }

  /** The record of a session was written, or a marker was put on its key. */
  #session(
    node: LocksNode,
    id: string,
    { kind, change }: { readonly kind: string; readonly change: CarriedOut },
  ): void {
    const session = this.#judge.truth.sessions.get(id);
    // A session that was not granted in an earlier bucket may be granted in this one.
    const { after } = change;
    const isGrant = kind === "write" && after.kind === "held" && after.record.token === null;
    // A copy of a first write, or an earlier try, that comes into a later bucket: the owner got the answer to another.
    const tries = isGrant ? Number(after.record.attempt?.split(".").at(-1)) : 0;
    const isLate = this.#judge.truth.former.has(id) && tries <= (this.#judge.truth.tries.get(id) ?? 0);
    if (isGrant) this.#judge.truth.tries.set(id, tries);
    if (isGrant) this.#judge.truth.former.delete(id);
    if (this.#judge.truth.former.has(id)) return;
    if (kind === "write") {
      if (session?.isBuried) this.#judge.blame(`Q4: ${node.name} renews session ${id}, which was buried`);
      if (session !== undefined && session.node !== node) {
        this.#judge.blame(`Q4: ${node.name} renews another's session`);
      }
      if (isGrant && session?.isOver) {
        this.#judge.blame(`Q4: ${node.name} opens session ${id} after a marker on its key`);
      }
      const isStray = isGrant && (isLate || session?.isOver === false);
      if (isGrant && !isStray) this.#judge.truth.tokens.set(id, after.revision);
      const { now: wroteAt } = this.#place.timeline;
      this.#judge.truth.sessions.set(id, { node, wroteAt, isOver: false, isBuried: false, isStray });
      return;
    }
    if (session?.node !== node) {
      this.#judge.count("burial");
      if (change.before.kind !== "vacant") {
        this.#judge.blame(`Q4: ${node.name} buries session ${id}, whose record stands`);
      }
    }
    if (session === undefined) return;
    this.#judge.truth.sessions.set(id, { ...session, isOver: true, isBuried: session.node !== node });
  }

  /** A ticket was removed: by its owner, by a thief, or after the burial of its session (Q4). */
  #removed(node: LocksNode, { before }: CarriedOut): void {
    const placed = before.kind === "vacant" ? undefined : this.#judge.truth.at(before.revision);
    if (placed === undefined) return;
    const { place, name, session } = placed;
    const isTheft = place < node.thefts(name);
    // A session of an earlier bucket has no record in this one.
    const isDead = this.#judge.truth.sessions.get(session)?.isOver !== false;
    if (placed.node !== node && isDead) return;
    if (placed.node !== node && !isTheft) {
      return this.#judge.blame(`Q4: ${node.name} removes ticket ${place}, whose session lives`);
    }
    if (!isTheft) return;
    this.#judge.count("theft");
    placed.stolenAt = this.#place.timeline.now;
  }
}
