/** The health of a Locker or a LockManager: what a readiness or liveness probe answers. */

import type { KeyContext } from "../lease/key_context.ts";
import type { LeaseState } from "../lease/model.ts";
import type { LeaseTiming } from "../lease/timing.ts";
import type { HeardStore } from "../store/heard_store.ts";
import type { Hold } from "./hold.ts";

/**
 * Why `health()` is as it is. If several apply, the first in this order is given.
 *
 * - `closed`: the Locker or LockManager was closed, or its connection is closed for good. It can never hold again.
 * - `lost`: a lease ended without a release, and the work under it may still run. The work of `run()`, `lead()` and
 *   `request()` ends when it settles, that of `acquire()` when `release()` is called. A Locker forgets the loss when it
 *   asks for the lock again. A lead of `acquireLead()` whose loop hangs is lost until the next call.
 * - `stuck`: a lease is held for `maxHold` or longer.
 * - `disconnected`: the connection is down. The client reconnects by itself.
 * - `silent`: the connection seems to be up, but a request has had no answer for `timing.requestTimeout` or longer, and
 *   no later one either. This counts until one lease length after the last request.
 * - `renewal_overdue`: a lease is held, and no renewal was confirmed for `timing.renewEvery + timing.requestTimeout`.
 * - `ok`: none of these. Holds in time, waits, or does nothing.
 */
export type HealthReason =
  | "closed"
  | "lost"
  | "stuck"
  | "disconnected"
  | "silent"
  | "renewal_overdue"
  | "ok";

/** The lease in a {@linkcode Health}: that of a Locker, or the session of a LockManager. Times are milliseconds. */
export interface LeaseHealth {
  /** Fencing token of the lease. */
  readonly token: number;
  /** Identity of the bucket's stream: tokens compare only within one. */
  readonly epoch: string;
  /** False while its work was asked to stop and its record still keeps others out. */
  readonly held: boolean;
  /** Time until the record no longer keeps others out if no further renewal is confirmed. */
  readonly remaining: number;
}

/** What `health()` returns: plain data, for a probe. */
export interface Health {
  /**
   * True if it can do its part now: it renews its lease in time, or it can ask for one. One that merely waits is `ok`.
   * A readiness probe answers with this.
   */
  readonly ok: boolean;
  /**
   * Why. A liveness probe fails for `closed`, `lost` and `stuck`: a new process cures these, and none of the others.
   */
  readonly reason: HealthReason;
  /** True if the connection to NATS is up, as its client sees it; `null` if that is not known, as without NATS. */
  readonly connected: boolean | null;
  /**
   * Milliseconds since the last answer or push for this object, by the clock; `null` if there was none since `health()`
   * was first called.
   */
  readonly lastContact: number | null;
  /** The lease that is held now; `null` if there is none. */
  readonly lease: LeaseHealth | null;
}

/** What the holder of a lease knows of its health. */
export interface HealthFacts {
  readonly isClosed: boolean;
  readonly lease: LeaseHealth | null;
  /** What is wrong with the lease, or with the work under it; `null` if nothing is. */
  readonly trouble: Extract<HealthReason, "lost" | "stuck" | "renewal_overdue"> | null;
  /** Times by which a silence is judged. */
  readonly timing: Pick<LeaseTiming, "ttl" | "requestTimeout">;
}

/** Times that count before the bucket's settings are known, in ms: a store waits that long for the settings. */
const FIRST_TIMING = { ttl: 15_000, requestTimeout: 5000 };

/** Returns the health by what is known of the store and of the lease. Sends nothing. */
export function healthOf(store: HeardStore, { isClosed, lease, trouble, timing }: HealthFacts): Health {
  const connection = store.connection();
  const reasons: readonly (readonly [HealthReason, boolean])[] = [
    ["closed", isClosed || connection === "closed"],
    ["lost", trouble === "lost"],
    ["stuck", trouble === "stuck"],
    ["disconnected", connection === "down"],
    ["silent", store.contact.unansweredFor(timing.ttl) >= timing.requestTimeout],
    ["renewal_overdue", trouble === "renewal_overdue"],
  ];
  const [reason] = reasons.find(([, applies]) => applies) ?? ["ok" as const];
  return {
    ok: reason === "ok",
    reason,
    connected: connection === null ? null : connection === "open",
    lastContact: store.contact.last,
    lease,
  };
}

/** What is known of one candidate. `hold`: its current or last lease; `null` after a grant to a call. */
interface CandidateFacts {
  readonly state: LeaseState;
  readonly hold: Hold | null;
  readonly epoch: string;
  readonly isClosed: boolean;
}

/** Returns the facts about the lease of one candidate. The state must have been compared with the clock. */
export function factsOf(
  context: KeyContext,
  { state: { phase }, hold, epoch, isClosed }: CandidateFacts,
): HealthFacts {
  if (!context.isLoaded) return { isClosed, lease: null, trouble: null, timing: FIRST_TIMING };
  const timing = context.settings;
  if (phase.at !== "held") {
    const isLost = "end" in phase && phase.end?.kind === "lost" && hold?.isDone !== true;
    return { isClosed, lease: null, trouble: isLost ? "lost" : null, timing };
  }
  const { ttl, margin, renewEvery, requestTimeout } = timing;
  const remaining = phase.validUntil - context.clock.now();
  const held = hold?.isStandingDown !== true;
  const isOverdue = held && remaining <= ttl - margin - renewEvery - requestTimeout;
  const trouble = hold?.isStuck ? "stuck" : isOverdue ? "renewal_overdue" : null;
  return { isClosed, lease: { token: phase.token, epoch, held, remaining }, trouble, timing };
}
