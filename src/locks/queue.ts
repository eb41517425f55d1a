/** The queue of one lock, as one session sees it. One look decides for all requests of the session that are due. */

import { Blockers } from "./blockers.ts";
import { everyLease } from "./context.ts";
import { LeftTickets } from "./left_tickets.ts";
import { look, type LookResult, type PlacedTicket } from "./look.ts";
import { Looks } from "./looks.ts";
import { queueFilter } from "./names.ts";
import { isAnyDead, type Removal, removeDead, steal } from "./others.ts";
import type { QueueGround } from "./queue_ground.ts";
import { limitError, QueueFront } from "./queue_rules.ts";
import { byPlace, placeOf, type QueuedRequest, startOf } from "./queued_request.ts";

/** What stands before a request: the tickets, and the place of the latest ticket of each session. */
interface Before {
  readonly front: QueueFront<PlacedTicket>;
  readonly latest: Map<string, number>;
}

/** The requests of one session for one lock. */
export class Queue {
  /** Number of tickets of this session that are not gone. */
  tickets = 0;
  readonly #ground: QueueGround;
  readonly #filter: string;
  readonly #blockers: Blockers<QueuedRequest>;
  /** Requests with a stored ticket that were not granted yet, in the order of their places. */
  #waiting = new Set<QueuedRequest>();
  #lastPlace = 0;
  readonly #left = new LeftTickets();
  readonly #looks: Looks<QueuedRequest>;
  #cancelRound = () => {};

  /** `token`: the encoded name of the lock. */
  constructor(ground: QueueGround, token: string) {
    this.#ground = ground;
    this.#filter = queueFilter(token);
    this.#looks = new Looks(ground.context, (due) => this.#lookAt(due));
    this.#blockers = new Blockers(ground.context, ground.monitors, {
      left: (key, place) => this.left(key, place),
      missed: () => this.lookAtAll(false),
      died: () => this.lookAtAll(true),
      denied: (key, error) => {
        for (const request of this.#blockers.waitingFor(key)) request.fail(error);
      },
    });
  }

  /** The ticket of a request is stored: looks at its place. */
  stored(request: QueuedRequest): void {
    const place = placeOf(request);
    this.#waiting.add(request);
    this.#left.stored(request.keeper.key, place);
    // The answers to writes can come in another order than that of the places.
    if (place < this.#lastPlace) this.#waiting = new Set([...this.#waiting].sort(byPlace));
    this.#lastPlace = Math.max(this.#lastPlace, place);
    if (this.#waiting.size === 1) {
      this.#cancelRound();
      this.#cancelRound = everyLease(this.#ground.context, () => this.lookAtAll(false));
    }
    this.#looks.add(request);
  }

  /** A request does not wait any more. */
  remove(request: QueuedRequest): void {
    if (!this.#waiting.delete(request)) return;
    this.#looks.delete(request);
    this.#blockers.clear(request);
    if (this.#waiting.size === 0) this.#cancelRound();
  }

  /** A ticket left the queue. The requests that wait for it look again. */
  left(key: string, place: number): void {
    if (!this.#left.add(key, place)) return;
    for (const request of this.#blockers.waitingFor(key)) this.#looks.add(request);
  }

  /** Looks at all waiting requests. `fromStart`: from the first ticket of the queue, not from the nearest one. */
  lookAtAll(fromStart: boolean): void {
    for (const request of this.#waiting) {
      request.needsAll ||= fromStart;
      this.#looks.add(request);
    }
  }

  /** Ends all watches and timers. */
  stop(): void {
    this.#cancelRound();
    this.#looks.stop();
    this.#blockers.stop();
    this.#waiting.clear();
  }

  async #lookAt(due: readonly QueuedRequest[]): Promise<void> {
    const batch = due.filter((request) => this.#isWaiting(request));
    if (batch.length === 0 || this.#ground.isOver) return;
    const last = batch.reduce((most, each) => placeOf(each) > placeOf(most) ? each : most);
    const from = startOf(batch, this.#waiting, this.#left.floor);
    const own = { key: last.keeper.key, place: placeOf(last) };
    const isGone = (ticket: PlacedTicket) => this.#left.has(ticket);
    const { known } = this.#left;
    const result = await look(this.#ground.context, { filter: this.#filter, from, own, isGone });
    if (this.#ground.isOver) return;
    if (result.kind !== "seen") return await this.#notSeen(result, batch, last);
    this.#ground.looked();
    const { byLeader } = result;
    // The removal of an own ticket is confirmed. An answer that is older still shows it.
    const tickets = result.tickets.filter((ticket) => ticket.session !== this.#ground.id || !isGone(ticket));
    const dead = tickets.filter(({ session }) => this.#ground.monitors.isDead(session));
    if (dead.length > 0) return this.#removed(await removeDead(this.#ground, dead), dead, batch);
    if (byLeader) this.#left.deny(tickets, known);
    const isAll = from <= this.#left.floor;
    if (isAll) this.#left.raiseFloor(tickets[0]?.place ?? own.place);
    this.#decideAll(batch, tickets, isAll);
  }

  #decideAll(batch: readonly QueuedRequest[], tickets: readonly PlacedTicket[], isAll: boolean): void {
    const due = new Map(batch.map((request) => [placeOf(request), request]));
    const before: Before = { front: new QueueFront(), latest: new Map() };
    for (const ticket of tickets) {
      const request = due.get(ticket.place);
      due.delete(ticket.place);
      if (request !== undefined && this.#isWaiting(request)) this.#decide(request, before, isAll);
      before.front.add(ticket);
      before.latest.set(ticket.session, ticket.place);
    }
    for (const request of due.values()) if (this.#isWaiting(request)) this.#verify(request);
  }

  /** Reads the key of a ticket that a look does not show: it may still stand. */
  async #verify(request: QueuedRequest): Promise<void> {
    if (await this.#ground.verify(request.keeper) || !this.#isWaiting(request)) return;
    // Its marker may have expired before anybody read it. With a new ticket the request does not wait forever.
    request.leave({ kind: "again" });
  }

  #isWaiting(request: QueuedRequest): boolean {
    return this.#waiting.has(request) && !request.isOver && request.place !== null;
  }

  /** There is no answer, or none that shows the own ticket. */
  async #notSeen(
    result: Exclude<LookResult, { kind: "seen" }>,
    batch: readonly QueuedRequest[],
    last: QueuedRequest,
  ): Promise<void> {
    if (result.kind === "failed") {
      const { error } = result;
      for (const request of batch) error.transient ? this.#ground.lookFailed(request, error) : request.fail(error);
    } else await this.#verify(last);
    this.#lookLater(batch);
  }

  /** Tickets were to be removed. Looks again, after a pause if not all of them are certainly gone. */
  #removed({ gone, error }: Removal, all: readonly PlacedTicket[], batch: readonly QueuedRequest[]): void {
    for (const { key, place } of gone) this.left(key, place);
    if (error !== null) { for (const request of batch) request.fail(error); }
    if (gone.length < all.length) return this.#lookLater(batch);
    this.#looks.repeat();
    for (const request of batch) if (this.#isWaiting(request)) this.#looks.add(request);
  }

  #lookLater(batch: readonly QueuedRequest[]): void {
    if (batch.some((request) => this.#isWaiting(request))) this.#looks.addLater(batch);
  }

  #decide(request: QueuedRequest, { front, latest }: Before, isAll: boolean): void {
    if (request.steals) return void this.#steal(request, [...front.tickets]);
    const verdict = front.verdict(request.want.claim);
    // A push came while the answer was under way: the answer may be older.
    if (verdict.by.some((ticket) => this.#left.has(ticket))) return this.#looks.add(request);
    if (verdict.kind === "mismatch") return void this.#mismatch(request, verdict.by[0]);
    if (verdict.kind === "blocked") return void this.#blocked(request, verdict.by, latest);
    request.needsAll = true;
    if (!isAll) return this.#looks.add(request);
    const hold = this.#ground.grant(request);
    if (hold !== null) request.leave({ kind: "granted", hold });
  }

  #blocked(request: QueuedRequest, by: readonly PlacedTicket[], latest: Before["latest"]): void {
    const { id } = this.#ground;
    request.needsAll = request.want.once;
    if (request.want.once) return void this.#refuse(request, by);
    const first = by[0]?.place ?? 0;
    const rank = [...latest].filter(([session, place]) => place > first && session !== id).length;
    this.#blockers.set(request, by, { own: id, rank });
    this.#ground.blocked(request, by);
  }

  /** Refuses a request that tries once, unless a session that blocks it is dead. */
  async #refuse(request: QueuedRequest, by: readonly PlacedTicket[]): Promise<void> {
    const { id } = this.#ground;
    // An own ticket that is being removed does not block for long.
    const leaving = by.find(({ key, session }) =>
      session === id && (this.#ground.ownTicket(key)?.place ?? null) === null
    );
    if (leaving !== undefined) return this.#lookLater([request]);
    const isDead = await isAnyDead(this.#ground, request, by);
    if (!this.#isWaiting(request)) return;
    if (isDead) this.#looks.add(request);
    else request.leave({ kind: "refused" });
  }

  /** Another limit is in force, unless it belongs to a dead session. */
  async #mismatch(request: QueuedRequest, other: PlacedTicket): Promise<void> {
    const isDead = await isAnyDead(this.#ground, request, [other]);
    if (!this.#isWaiting(request)) return;
    if (isDead) this.#looks.add(request);
    else request.fail(limitError(request.want.name, request.want.claim, other));
  }

  /** Removes all tickets before that of a thief, and then looks like any other. */
  async #steal(request: QueuedRequest, before: readonly PlacedTicket[]): Promise<void> {
    const removal = await steal(this.#ground, before);
    request.steals = removal.gone.length < before.length;
    this.#removed(removal, before, [request]);
  }
}
