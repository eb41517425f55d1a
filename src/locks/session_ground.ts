/** What the requests need to know of their session. */

import type { NatslockError } from "../base/errors.ts";
import type { LocksContext } from "./context.ts";
import type { LockHold } from "./lock_hold.ts";
import type { SessionStore } from "./session_store.ts";
import type { TroubleKind } from "./troubles.ts";

/** One session, as its requests use it. */
export interface SessionGround {
  readonly context: LocksContext;
  /** UUID of the session. */
  readonly id: string;
  /** Fencing token of the session's own lease: its tickets have higher revisions. */
  readonly token: number;
  /** Highest revision that the session's record is known to have: tickets that are written later have higher ones. */
  readonly revision: number;
  /** Identity of the bucket's stream. */
  readonly epoch: string;
  /** The bucket, which may have become unfit. */
  readonly bucket: Pick<SessionStore, "unfit" | "requireFit">;
  /** Returns the milliseconds until the session is over by the clock if it is not renewed. */
  remaining(): number;
  /** A lock was granted. */
  acquired(hold: LockHold): void;
  /** A lock could not be removed. */
  releaseFailed(name: string, error: NatslockError): void;
  /** Something failed for a request, and is tried again. */
  troubled(kind: TroubleKind, name: string, error: NatslockError): void;
  /** It works again, or still does. */
  mended(kind: TroubleKind): void;
  /** A request waits behind a ticket of the session `behind`. */
  waits(name: string, behind: string): void;
  /** A request has waited for a lease length behind a lock that this session holds. */
  waitsForItself(name: string): void;
}
