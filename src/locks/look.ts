/**
 * Looks at a queue: reads its tickets, and makes sure that the answer is new enough to decide by.
 *
 * An answer may come from a replica that is behind. It counts if it shows an own ticket: the replica then has everything
 * that was stored before that ticket, and nothing can be stored before it later.
 */

import { ConnectionError, type NatslockError } from "../base/errors.ts";
import { asNatslockError } from "../lease/key_context.ts";
import type { ScanOutcome, StoredEntry } from "../store/ticket_store.ts";
import type { LocksContext } from "./context.ts";
import { sessionOf } from "./names.ts";
import { type Claim, UNREADABLE } from "./queue_rules.ts";

/** A ticket in a queue. */
export interface PlacedTicket extends Claim {
  readonly key: string;
  /** Its revision. */
  readonly place: number;
  /** The session in its key. */
  readonly session: string;
  /** Nonce of its write; `null` if it cannot be read. */
  readonly attempt: string | null;
}

/** What to look for. */
export interface LookRequest {
  readonly filter: string;
  /** Lowest place to read. */
  readonly from: number;
  /** An own ticket that the answer must show. Places above it are not read. */
  readonly own: { readonly key: string; readonly place: number };
  /** Reports whether a ticket is known to be gone, so that an answer that shows it is old. */
  readonly isGone: (ticket: PlacedTicket) => boolean;
}

/** What a look found. */
export type LookResult =
  /** The tickets from `from` to the own one, in the order of the queue. `byLeader`: the stream leader answered. */
  | { readonly kind: "seen"; readonly tickets: readonly PlacedTicket[]; readonly byLeader: boolean }
  /** Not even the stream leader shows the own ticket. */
  | { readonly kind: "missing" }
  | { readonly kind: "failed"; readonly error: NatslockError };

/** Answers of any replica before the stream leader is asked. */
const TRIES = 2;

/** Returns the tickets of the queue up to the own one. */
export async function look(context: LocksContext, request: LookRequest): Promise<LookResult> {
  const { own, isGone } = request;
  for (let tries = 0; tries <= TRIES; tries++) {
    const byLeader = tries === TRIES;
    const outcome = await scan(context, request, byLeader);
    // A message that a replica cannot return with the others is returned by the leader.
    if (outcome.kind === "failed" && !byLeader && isRefused(outcome.error)) continue;
    if (outcome.kind === "failed") return outcome;
    const tickets = outcome.entries.flatMap(placed).filter(({ place }) => place <= own.place);
    const isShown = tickets.some(({ key, place }) => key === own.key && place === own.place);
    if (isShown && (byLeader || !tickets.some(isGone))) return { kind: "seen", tickets, byLeader };
  }
  return { kind: "missing" };
}

/** Returns the ticket in an entry; nothing for a marker. */
export function placed({ key, revision: place, keyState, ticket }: StoredEntry): PlacedTicket[] {
  if (keyState.kind === "vacant") return [];
  const claim = ticket === null ? UNREADABLE : { mode: ticket.mode, limit: ticket.limit, weight: ticket.weight };
  return [{ key, place, session: sessionOf(key), attempt: ticket?.attempt ?? null, ...claim }];
}

const isRefused = (error: NatslockError): boolean => error instanceof ConnectionError && error.why === "unavailable";

async function scan(context: LocksContext, { filter, from, own }: LookRequest, leader: boolean): Promise<ScanOutcome> {
  const { store, timing: { requestTimeout: timeout } } = context;
  try {
    return await store.scan(filter, { from, upTo: own.place, timeout, leader });
  } catch (cause) {
    return { kind: "failed", error: asNatslockError(cause, `read the queue "${filter}"`) };
  }
}
