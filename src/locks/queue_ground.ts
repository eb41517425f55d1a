/** What the queue of a lock needs from its session. */

import type { NatslockError } from "../base/errors.ts";
import type { LocksContext } from "./context.ts";
import type { LockHold } from "./lock_hold.ts";
import type { PlacedTicket } from "./look.ts";
import type { QueuedRequest } from "./queued_request.ts";
import type { SessionMonitors } from "./session_monitor.ts";
import type { TicketKeeper } from "./ticket_keeper.ts";

/** One session, as its queues use it. */
export interface QueueGround {
  readonly context: LocksContext;
  /** UUID of the session. */
  readonly id: string;
  readonly monitors: SessionMonitors;
  /** True once nothing more may be decided under this session. */
  readonly isOver: boolean;
  /** Returns the keeper of the ticket under a key, if it is one of this session. */
  ownTicket(key: string): TicketKeeper | undefined;
  /** Reads the key of an own ticket that seems to be gone. Returns false if nothing is stored there. */
  verify(keeper: TicketKeeper): Promise<boolean>;
  /** Hands the lock to a request that has room; `null` if the session or the ticket is over. */
  grant(request: QueuedRequest): LockHold | null;
  /** The queue could not be looked at for a request. That is tried again. */
  lookFailed(request: QueuedRequest, error: NatslockError): void;
  /** The queue was looked at. */
  looked(): void;
  /** A request begins to wait behind these tickets. */
  blocked(request: QueuedRequest, by: readonly PlacedTicket[]): void;
}
