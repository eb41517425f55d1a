/** All requests of one session: their tickets, their queues, the locks that they hold. */

import type { LossReason, NatslockError } from "../base/errors.ts";
import { onAbort, wait } from "../base/wait.ts";
import type { LocksContext } from "./context.ts";
import { Holds } from "./holds.ts";
import type { LockHold } from "./lock_hold.ts";
import type { PlacedTicket } from "./look.ts";
import { lockToken, tokenOf } from "./names.ts";
import { OwnTickets } from "./own_tickets.ts";
import { Queue } from "./queue.ts";
import type { OwnPlaces } from "./query.ts";
import type { QueueGround } from "./queue_ground.ts";
import { type Entered, QueuedRequest, type Want } from "./queued_request.ts";
import type { SessionGround } from "./session_ground.ts";
import { SessionMonitors } from "./session_monitor.ts";
import type { TicketKeeper } from "./ticket_keeper.ts";
import type { TicketState } from "./ticket_model.ts";
import type { TroubleKind } from "./troubles.ts";

/** For how many lease lengths the tickets of a lost session are removed in the background. */
const LONGEST_CLEANUP = 3;

/** The requests of one session. */
export class SessionQueues implements QueueGround {
  readonly context: LocksContext;
  readonly id: string;
  readonly monitors: SessionMonitors;
  isOver = false;
  readonly #session: SessionGround;
  readonly #tickets: OwnTickets;
  readonly #queues = new Map<string, Queue>();
  readonly #waiting = new Set<QueuedRequest>();
  readonly #holds: Holds;
  #stopped = (): void => {};

  constructor(session: SessionGround) {
    ({ context: this.context, id: this.id } = session);
    this.#session = session;
    this.#holds = new Holds(session);
    this.monitors = new SessionMonitors(session.context);
    this.#tickets = new OwnTickets(session, (key, place) => this.#queues.get(tokenOf(key))?.left(key, place));
  }

  /** Writes a ticket and waits in the queue. */
  async enter(want: Want): Promise<Entered> {
    const [token] = await Promise.all([lockToken(want.name), this.#session.bucket.requireFit()]);
    want.signal.throwIfAborted();
    if (this.isOver) return { kind: "again" };
    const request = new QueuedRequest(want);
    this.#waiting.add(request);
    request.onOver(() => {
      this.#queues.get(token)?.remove(request);
      this.#waiting.delete(request);
      if (request.hold === null) request.keeper.post({ on: "leave" });
    });
    const aborting = onAbort(want.signal, () => request.fail(want.signal.reason));
    try {
      this.#write(request, token);
      return await request.entered;
    } catch (error) {
      // The wait ended while the lock was granted.
      request.hold?.release().catch(() => {});
      throw error;
    } finally {
      aborting[Symbol.dispose]();
    }
  }

  /** The stored tickets of this session, by key. */
  get own(): OwnPlaces {
    const own = new Map<string, { place: number; isHeld: boolean }>();
    for (const { key, place, state: { at } } of this.#tickets.all) {
      if (place !== null) own.set(key, { place, isHeld: at === "held" });
    }
    return own;
  }

  ownTicket(key: string): TicketKeeper | undefined {
    return this.#tickets.get(key);
  }

  verify(keeper: TicketKeeper): Promise<boolean> {
    return this.#tickets.verify(keeper);
  }

  grant(request: QueuedRequest): LockHold | null {
    return this.#holds.grant(request);
  }

  lookFailed(request: QueuedRequest, error: NatslockError): void {
    this.#troubled("look", request, error);
  }

  looked(): void {
    this.#session.mended("look");
  }

  blocked(request: QueuedRequest, [first]: readonly PlacedTicket[]): void {
    if (request.isReported || first === undefined) return;
    request.isReported = true;
    this.#session.waits(request.want.name, first.session);
    if (first.session !== this.id) return;
    const { clock, timing: { ttl } } = this.context;
    request.onOver(clock.after(ttl, () => {
      if (this.#tickets.get(first.key)?.state.at === "held") this.#session.waitsForItself(request.want.name);
    }));
  }

  /**
   * Ends all waits and asks all work to stop. Resolves once all work has settled and all tickets are removed. Waits for
   * the removals as long as two requests may take.
   */
  async close(cause: NatslockError): Promise<void> {
    for (const request of [...this.#waiting]) request.fail(cause);
    await this.#holds.close(cause);
    const { clock, timing: { requestTimeout } } = this.context;
    await wait<void>(undefined, (done) => {
      const cancel = clock.after(2 * requestTimeout, done);
      this.#tickets.whenEmpty().then(done);
      return cancel;
    });
  }

  /**
   * The session is over: ends all waits and locks. What is stored of them is removed in the background. That is tried
   * for a few lease lengths or until `stop()`, then it is left to others and `stopped` is called.
   */
  end(why: LossReason, error: NatslockError | null, stopped: () => void): void {
    if (this.isOver) return;
    this.isOver = true;
    const cancel = this.context.clock.after(LONGEST_CLEANUP * this.context.timing.ttl, () => this.stop());
    this.#stopped = () => {
      cancel();
      stopped();
    };
    this.#tickets.whenEmpty().then(() => this.stop());
    for (const request of [...this.#waiting]) request.leave({ kind: "again" });
    this.#holds.lost(why, error);
    for (const queue of this.#queues.values()) queue.stop();
    this.monitors.stop();
  }

  /** Ends the removals, timers and watches that outlive the session. */
  stop(): void {
    this.#stopped();
    this.#tickets.stop();
  }

  #write(request: QueuedRequest, token: string): void {
    const { name, claim, since } = request.want;
    const queue = this.#queues.get(token) ?? new Queue(this, token);
    this.#queues.set(token, queue);
    queue.tickets++;
    request.floor = this.#session.revision;
    const ticket = { session: this.id, lock: name, ...claim, since };
    const keeper: TicketKeeper = this.#tickets.write(token, ticket, {
      changed: (before, after) => {
        // What stood under the key is written over: a marker, or a ticket that no request knew.
        if ("expected" in before && before.expected > 0 && "place" in after) queue.left(keeper.key, before.expected);
        if (after.at === "queued" && before.at !== "queued") this.#stored(request, queue);
        if (after.at !== "gone") return;
        // A ticket whose removal was denied may still stand.
        if ("place" in before && after.end.error === null) queue.left(keeper.key, before.place);
        this.#gone(request, after);
        if (--queue.tickets > 0) return;
        queue.stop();
        this.#queues.delete(token);
      },
      troubled: (error) => {
        if (request.hold !== null) request.hold.troubled(error);
        else if (!request.isOver) this.#troubled("ticket", request, error);
      },
    });
    request.keeper = keeper;
  }

  #stored(request: QueuedRequest, queue: Queue): void {
    const { keeper: { state } } = request;
    const { clock, maxHold } = this.context;
    // The time of a ticket counts from the request. What is left after half of it must be enough for the work.
    if (state.at === "queued" && !request.isOver) {
      const left = Math.max(0, state.sentAt + maxHold / 2 - clock.now());
      request.onOver(clock.after(left, () => request.leave({ kind: "again" })));
    }
    this.#session.mended("ticket");
    request.want.stored();
    queue.stored(request);
  }

  #troubled(kind: TroubleKind, { want }: QueuedRequest, error: NatslockError): void {
    // A request that tries once ends with the error.
    if (!want.once) this.#session.troubled(kind, want.name, error);
    want.troubled(error);
  }

  #gone(request: QueuedRequest, { end }: Extract<TicketState, { at: "gone" }>): void {
    const { hold, want } = request;
    if (hold === null) return request.ticketGone(end, this.#session.remaining() <= 0);
    if (end.why === "removed") hold.lost("stolen", null);
    hold.gone(end.error);
    this.#holds.delete(hold);
    if (end.error !== null) this.#session.releaseFailed(want.name, end.error);
  }
}
