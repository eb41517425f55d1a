/** The locks that one session holds, and whether a request may hold now. */

import type { LossReason, NatslockError } from "../base/errors.ts";
import { ticketEnd } from "./context.ts";
import { LockHold } from "./lock_hold.ts";
import type { QueuedRequest } from "./queued_request.ts";
import type { SessionGround } from "./session_ground.ts";

/** The locks of one session. */
export class Holds {
  readonly #session: SessionGround;
  readonly #holds = new Set<LockHold>();

  constructor(session: SessionGround) {
    this.#session = session;
  }

  /**
   * Hands the lock to a request that has room. Returns `null` if the session is over. Ends the request if its ticket is
   * over, or if the bucket has become unfit.
   */
  grant(request: QueuedRequest): LockHold | null {
    const { keeper, want: { name, claim: { mode } } } = request;
    const { state } = keeper;
    const session = this.#session;
    const { context, epoch, bucket: { unfit } } = session;
    const { clock } = context;
    if (state.at !== "queued" || session.remaining() <= 0) return null;
    if (state.place <= request.floor) {
      // Another stream, or one that lost writes. The next renewal ends the session, or takes it there: then the request
      // needs a ticket after that renewal.
      if (session.revision !== request.floor) request.leave({ kind: "again" });
      return null;
    }
    const until = ticketEnd(context, state.sentAt);
    if (unfit !== null) request.fail(unfit);
    else if (clock.now() >= until) request.leave({ kind: "again" });
    if (request.isOver) return null;
    const hold = new LockHold({ name, mode, token: state.place, epoch }, keeper, {
      remaining: () => Math.max(0, Math.min(session.remaining(), until - clock.now())),
      after: (delay, callback) => clock.after(delay, callback),
      validFor: until - clock.now(),
    });
    request.hold = hold;
    this.#holds.add(hold);
    keeper.post({ on: "granted" });
    session.acquired(hold);
    return hold;
  }

  /** The ticket of a lock is gone. */
  delete(hold: LockHold): void {
    this.#holds.delete(hold);
  }

  /** Asks all work to stop. Resolves once all of it has settled. */
  async close(cause: NatslockError): Promise<void> {
    for (const hold of this.#holds) hold.close(cause);
    await Promise.all([...this.#holds].map((hold) => hold.whenSettled()));
  }

  /** All locks are lost. */
  lost(why: LossReason, error: NatslockError | null): void {
    for (const hold of [...this.#holds]) hold.lost(why, error);
  }
}
