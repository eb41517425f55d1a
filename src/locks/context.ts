/**
 * What all parts of one lock manager share: its store, its clock, its listeners, its times. How this folder is built:
 *
 * - `names`: keys of sessions and tickets. `queue_rules`: who may hold, whose end a request waits for.
 * - `ticket_model`, `ticket`: the state machine of one ticket. `ticket_keeper` performs what it decides.
 * - `burial`: the state machine that finds out whether another session is dead. `session_monitor` performs it.
 * - `look`: reads a queue. `looks`: when. `left_tickets`: who left it. `queue`: lets requests in. `blockers`: what they
 *   wait for. `others`: removes tickets of others.
 * - `own_tickets`: all tickets of a session, each in one of its `slots`. `holds`: its locks. `session_queues`: all its
 *   requests. `session`: its lease, which `session_store` keeps on a key that is used once. `troubles`: what is reported
 *   once.
 * - `sessions`: the current session. `requests`, `several`: what `request()` and `acquire()` do. `try_limit`: until when,
 *   if they try once. `ticket_gate`: what `query`, a snapshot, waits for.
 * - `heard_tickets`: the store, and when it was last heard from. `lock_manager`: the public class.
 */

import type { Clock } from "../base/clock.ts";
import type { Random } from "../base/random.ts";
import { asNatslockError } from "../lease/key_context.ts";
import type { Listeners } from "../lease/listeners.ts";
import type { LeaseTiming } from "../lease/timing.ts";
import type { LeaseStore, ReadOutcome, ReadRequest, WriteOutcome } from "../store/store.ts";
import type { TicketStore } from "../store/ticket_store.ts";

/** What a lock manager runs on. All times are milliseconds. */
export interface LocksContext {
  readonly store: TicketStore;
  readonly clock: Clock;
  readonly random: Random;
  readonly listeners: Listeners;
  /** Times of the session's lease. */
  readonly timing: LeaseTiming;
  /** How long the bucket keeps a ticket: the longest hold and the longest wait with one ticket. */
  readonly maxHold: number;
}

/**
 * Returns when a ticket counts as over by the own clock: earlier than the server removes it. The time is as long as that
 * of many leases, so the margin of one lease counts for each of them.
 */
export function ticketEnd({ maxHold, timing: { margin, ttl } }: LocksContext, sentAt: number): number {
  return sentAt + maxHold * (1 - margin / ttl);
}

/** Sends a write or removal and returns how it ended. A store that throws proves nothing about it: it may be stored. */
export async function outcomeOf(send: () => Promise<WriteOutcome>, key: string): Promise<WriteOutcome> {
  try {
    return await send();
  } catch (cause) {
    return { kind: "unknown", error: asNatslockError(cause, `tell the outcome of a request for key "${key}"`) };
  }
}

/**
 * Reports whether a ticket is certainly gone after a removal at its place. A refusal that names the key's revision proves
 * it as well: a ticket is never written again at its place.
 */
export function isConfirmed(outcome: WriteOutcome | undefined): boolean {
  return outcome?.kind === "applied" || (outcome?.kind === "conflict" && outcome.current !== null);
}

/** Reads a key. A store that throws counts as a read that failed. */
export async function readOf(store: LeaseStore, key: string, request: ReadRequest): Promise<ReadOutcome> {
  try {
    return await store.read(key, request);
  } catch (cause) {
    return { kind: "failed", error: asNatslockError(cause, `read key "${key}"`) };
  }
}

/** Calls `callback` once per lease length, at jittered times, until the returned function is called. */
export function everyLease(context: LocksContext, callback: () => void): () => void {
  const { clock, random, timing: { ttl } } = context;
  let cancel = () => {};
  const arm = () => {
    cancel = clock.after(ttl * (0.75 + 0.25 * random.next()), () => {
      callback();
      arm();
    });
  };
  arm();
  return () => cancel();
}

/** Returns a jittered pause before a failed request is sent again, in milliseconds. */
export function retryPause({ random, timing: { retryEvery } }: LocksContext): number {
  return retryEvery * (0.7 + 0.3 * random.next());
}
