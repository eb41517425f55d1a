/** Removes one ticket on purpose, for people and tools. */

import type { WriteOutcome } from "../store/store.ts";
import type { TicketStore } from "../store/ticket_store.ts";
import { outcomeOf } from "./context.ts";
import { lockToken, queueFilter } from "./names.ts";
import { theftTtl } from "./others.ts";

/** Which ticket to remove. Times are in milliseconds. */
export interface Eviction {
  /** Name of the lock. */
  readonly name: string;
  /** Place of the ticket: its revision, which is its fencing token. */
  readonly token: number;
  /** Lease length of its session. */
  readonly ttl: number;
  /** The longest wait for each answer. */
  readonly timeout: number;
}

/** How an eviction ended: as the removal did, or the ticket was gone before. */
export type EvictionOutcome = WriteOutcome | { readonly kind: "gone" };

/**
 * Removes a ticket at its revision. The owner hears of it by a push; if that is lost, its next check of its own tickets
 * finds the marker. A request that held loses the lock, one that waited queues again at the end. A thief that did not
 * hold yet rejects, as if another thief had robbed it.
 */
export async function evictTicket(store: TicketStore, eviction: Eviction): Promise<EvictionOutcome> {
  const { name, token, ttl, timeout } = eviction;
  const filter = queueFilter(await lockToken(name));
  const found = await store.scan(filter, { from: token, upTo: token, timeout, leader: true });
  if (found.kind === "failed") return found;
  const entry = found.entries.find(({ revision }) => revision === token);
  if (entry === undefined || entry.keyState.kind === "vacant") return { kind: "gone" };
  const request = { expected: token, markerTtl: theftTtl(ttl), timeout };
  return await outcomeOf(() => store.remove(entry.key, request), entry.key);
}
