/** The queue of one lock, as one session sees it: lets its own requests in, one look for all of them. */

import { badParameter, type NatslockError } from "../base/errors.ts";
import { Blockers } from "./blockers.ts";
import { type LocksContext, outcomeOf } from "./context.ts";
import type { LockHold } from "./lock_hold.ts";
import { look, type LookResult, type PlacedTicket } from "./look.ts";
import { queueFilter } from "./names.ts";
import { conflicts, verdictOf } from "./queue_rules.ts";
import type { QueuedRequest } from "./queued_request.ts";
import type { SessionMonitors } from "./session_monitor.ts";
import type { TicketKeeper } from "./ticket_keeper.ts";

/** What a queue needs from its session. */
export interface QueueGround {
  readonly context: LocksContext;
  readonly id: string;
  readonly monitors: SessionMonitors;
  /** Returns the keeper of the ticket under a key, if it is one of this session. */
  ownTicket(key: string): TicketKeeper | undefined;
  /** Reads the key of an own ticket that seems to be gone. */
  verify(keeper: TicketKeeper): Promise<void>;
  /** Hands the lock to a request that has room; `null` if the session or the ticket is over by the clock. */
  grant(request: QueuedRequest): LockHold | null;
  /** The request waits behind these tickets. */
  blocked(request: QueuedRequest, by: readonly PlacedTicket[]): void;
  /** True once nothing more may be decided under this session. */
  readonly isOver: boolean;
}

/** Marker of a theft in milliseconds, in lease lengths: long enough that the owner's next check finds it. */
const THEFT_TTL = 3;

/** The requests of one session for one lock. */
export class Queue {
  readonly #ground: QueueGround;
  readonly #filter: string;
  readonly #blockers: Blockers<QueuedRequest>;
  /** Requests with a stored ticket that were not granted yet. */
  readonly #waiting = new Set<QueuedRequest>();
  /** Requests whose place has to be looked at. */
  readonly #due = new Set<QueuedRequest>();
  /** Tickets that left, by key: the place of the latest. */
  readonly #left = new Map<string, number>();
  /** No ticket stands at a lower place. */
  #floor = 1;
  #isLooking = false;
  #cancelRound = () => {};
  #cancelPause = () => {};

  constructor(ground: QueueGround, token: string) {
    this.#ground = ground;
    this.#filter = queueFilter(token);
    this.#blockers = new Blockers(ground.context, ground.monitors, {
      left: ({ key, place }) => this.left(key, place),
      missed: () => this.lookAtAll(),
      died: () => this.lookAtAll(true),
    });
  }

  /** The ticket of a request is stored: looks at its place. */
  stored(request: QueuedRequest): void {
    this.#waiting.add(request);
    if (this.#waiting.size === 1) this.#armRound();
    this.#lookAt(request);
  }

  /** A request does not wait any more. */
  remove(request: QueuedRequest): void {
    this.#waiting.delete(request);
    this.#due.delete(request);
    this.#blockers.clear(request);
    if (this.#waiting.size === 0) this.#cancelRound();
  }

  /** A ticket left the queue. Those that wait for it look again. */
  left(key: string, place: number): void {
    if ((this.#left.get(key) ?? 0) >= place) return;
    this.#left.set(key, place);
    for (const [each, at] of this.#left) if (at < this.#floor) this.#left.delete(each);
    for (const request of this.#blockers.waitingFor(key)) this.#lookAt(request);
  }

  /** Looks at all waiting requests, since something may have happened that was not pushed. */
  lookAtAll(needsAll = false): void {
    for (const request of this.#waiting) {
      request.needsAll ||= needsAll;
      this.#due.add(request);
    }
    this.#run();
  }

  /** Ends all watches and timers. */
  stop(): void {
    this.#cancelRound();
    this.#cancelPause();
    this.#blockers.stop();
    this.#waiting.clear();
    this.#due.clear();
  }

  #lookAt(request: QueuedRequest): void {
    this.#due.add(request);
    this.#run();
  }

  /** Looks until no request is due: one look at a time, for all that are due. */
  async #run(): Promise<void> {
    if (this.#isLooking) return;
    this.#isLooking = true;
    // Requests that become due at the same time share one look.
    await Promise.resolve();
    while (this.#due.size > 0 && !this.#ground.isOver) await this.#round();
    this.#isLooking = false;
  }

  async #round(): Promise<void> {
    const batch = [...this.#due].filter((request) => this.#isWaiting(request));
    this.#due.clear();
    const last = batch.reduce((most, each) => (each.place ?? 0) > (most.place ?? 0) ? each : most, batch[0]);
    if (last?.place == null) return;
    const from = Math.min(...batch.map((request) => this.#startFor(request)));
    const own = { key: last.keeper.key, place: last.place };
    const result = await look(this.#ground.context, {
      ...{ filter: this.#filter, from, own },
      isGone: ({ key, place }) => (this.#left.get(key) ?? 0) >= place,
    });
    if (this.#ground.isOver) return;
    if (result.kind !== "seen") return await this.#looked(result, batch, last);
    if (await this.#removeDead(result.tickets, batch)) return;
    if (result.byLeader) { for (const { key } of result.tickets) this.#left.delete(key); }
    const isAll = from <= this.#floor;
    if (isAll) this.#floor = Math.max(this.#floor, result.tickets[0]?.place ?? own.place);
    for (const request of batch) if (this.#isWaiting(request)) await this.#decide(request, result.tickets, isAll);
  }

  #isWaiting(request: QueuedRequest): boolean {
    return this.#waiting.has(request) && request.place !== null;
  }

  /**
   * A look that found no answer, or that does not show the own ticket. The ticket may still stand, so its key is read.
   */
  async #looked(
    result: Exclude<LookResult, { kind: "seen" }>,
    batch: readonly QueuedRequest[],
    last: QueuedRequest,
  ): Promise<void> {
    if (result.kind === "missing") await this.#ground.verify(last.keeper);
    else if (!result.error.transient) return this.#fail(batch, result.error);
    else for (const { want } of batch) want.troubled(result.error);
    this.#pauseFor(batch);
  }

  #fail(batch: readonly QueuedRequest[], error: NatslockError): void {
    for (const request of batch) if (this.#isWaiting(request)) request.fail(error);
  }

  #pauseFor(batch: readonly QueuedRequest[]): void {
    const { clock, random, timing: { retryEvery } } = this.#ground.context;
    this.#cancelPause();
    this.#cancelPause = clock.after(retryEvery * (0.7 + 0.3 * random.next()), () => {
      for (const request of batch) if (this.#isWaiting(request)) this.#due.add(request);
      this.#run();
    });
  }

  /**
   * Where a look has to begin. An own ticket that stands before a request and conflicts with it blocks the request for
   * certain, so nothing before that ticket matters.
   */
  #startFor(request: QueuedRequest): number {
    if (request.needsAll) return this.#floor;
    const { want: { claim }, place } = request;
    let start = this.#floor;
    for (const { place: before, keeper } of this.#waiting) {
      if (before !== null && place !== null && before < place && before > start && conflicts(keeper.claim, claim)) {
        start = before;
      }
    }
    return start;
  }

  async #decide(request: QueuedRequest, tickets: readonly PlacedTicket[], isAll: boolean): Promise<void> {
    const place = request.place ?? 0;
    if (!tickets.some((ticket) => ticket.place === place)) return await this.#ground.verify(request.keeper);
    const before = tickets.filter((ticket) => ticket.place < place);
    if (request.steals) return await this.#steal(request, before);
    const verdict = verdictOf(before, request.want.claim);
    if (verdict.kind === "mismatch") return await this.#mismatch(request, verdict.other);
    if (verdict.kind === "blocked") return await this.#blocked(request, verdict.by, before);
    request.needsAll = true;
    if (!isAll) return this.#lookAt(request);
    const hold = this.#ground.grant(request);
    if (hold === null) return;
    this.remove(request);
    request.leave({ kind: "granted", hold });
  }

  async #blocked(
    request: QueuedRequest,
    by: readonly PlacedTicket[],
    before: readonly PlacedTicket[],
  ): Promise<void> {
    request.needsAll = request.want.once;
    if (request.want.once) {
      const isDead = await this.#isDead(request, by);
      if (isDead === false && this.#isWaiting(request)) request.leave({ kind: "refused" });
      if (isDead === true) this.#due.add(request);
      return;
    }
    const { id } = this.#ground;
    const first = by[0]?.place ?? 0;
    const between = before.filter(({ place, session }) => place > first && session !== id);
    const rank = new Set(between.map(({ session }) => session)).size;
    if (this.#blockers.set(request, by, { own: id, rank })) this.#due.add(request);
    else this.#ground.blocked(request, by);
  }

  /** Reports whether one of the tickets is of a dead session; `null` if the request ended before that was known. */
  async #isDead(request: QueuedRequest, by: readonly PlacedTicket[]): Promise<boolean | null> {
    const { monitors, id, context: { clock, timing } } = this.#ground;
    for (const { session } of by) {
      if (session === id) continue;
      const isDead = await monitors.ask(session, (end) => {
        request.entered.then(end, end);
        // Nobody knows whether it lives. A request that tries once does not wait for longer than that.
        clock.after(timing.ttl, end);
      });
      if (isDead !== false) return isDead;
    }
    return false;
  }

  /** The other ticket may be of a dead session. Else nobody can tell which of the limits applies. */
  async #mismatch(request: QueuedRequest, other: PlacedTicket): Promise<void> {
    const isDead = await this.#isDead(request, [other]);
    if (isDead === true) return void this.#due.add(request);
    if (isDead === null) return this.#pauseFor([request]);
    const { want: { name, claim: { limit } } } = request;
    const wanted = `${other.limit ?? "absent"}, the limit of a request before this one for the lock "${name}"`;
    request.fail(badParameter("limit", wanted, limit ?? undefined));
  }

  /** Removes all tickets before a thief's. They are gone once each removal is confirmed. */
  async #steal(request: QueuedRequest, before: readonly PlacedTicket[]): Promise<void> {
    const { context: { timing: { ttl } } } = this.#ground;
    const markerTtl = Math.ceil(THEFT_TTL * ttl / 1000) * 1000;
    const confirmed = await Promise.all(before.map((ticket) => this.#takeAway(ticket, markerTtl)));
    if (!this.#isWaiting(request)) return;
    if (!confirmed.every(Boolean)) return this.#pauseFor([request]);
    request.steals = false;
    this.#due.add(request);
  }

  /** Removes the tickets of sessions that are proven dead. Returns true if there were any. */
  async #removeDead(tickets: readonly PlacedTicket[], batch: readonly QueuedRequest[]): Promise<boolean> {
    const dead = tickets.filter(({ session }) => this.#ground.monitors.isDead(session));
    if (dead.length === 0) return false;
    const confirmed = await Promise.all(dead.map((ticket) => this.#takeAway(ticket)));
    if (!confirmed.every(Boolean)) this.#pauseFor(batch);
    else for (const request of batch) if (this.#isWaiting(request)) this.#due.add(request);
    return true;
  }

  /** Removes a ticket at its place. Returns true if it is certain that it is gone. */
  async #takeAway({ key, place }: PlacedTicket, markerTtl?: number): Promise<boolean> {
    const { store, timing: { requestTimeout: timeout } } = this.#ground.context;
    const outcome = await outcomeOf(store.remove(key, { expected: place, markerTtl, timeout }), key);
    const isGone = outcome.kind === "applied" || (outcome.kind === "conflict" && outcome.current !== null);
    if (!isGone) return false;
    const own = this.#ground.ownTicket(key);
    if (own?.place === place) own.post({ on: "removed" });
    this.left(key, place);
    return true;
  }

  #armRound(): void {
    const { clock, random, timing: { ttl } } = this.#ground.context;
    this.#cancelRound();
    this.#cancelRound = clock.after(ttl * (0.75 + 0.25 * random.next()), () => {
      this.lookAtAll();
      this.#armRound();
    });
  }
}
