/** The tickets of one queue that are said to be gone: an answer that still shows one of them is old. */

import type { PlacedTicket } from "./look.ts";

/** What was known at some time: the place of the latest ticket that left, by key. */
export type KnownTickets = ReadonlyMap<string, number>;

/** The tickets that left a queue. */
export class LeftTickets {
  readonly #places = new Map<string, number>();
  /** What stood below was forgotten. */
  #floor = 0;

  /** What is known now. */
  get known(): KnownTickets {
    return new Map(this.#places);
  }

  /** Notes that a ticket left. Forgets those below `floor`, where nothing stands. Returns false if it was known. */
  add(key: string, place: number, floor: number): boolean {
    if (this.has({ key, place })) return false;
    this.#places.set(key, place);
    if (floor > this.#floor) { for (const [each, at] of this.#places) if (at < floor) this.#places.delete(each); }
    this.#floor = floor;
    return true;
  }

  /** Reports whether a ticket is said to be gone. */
  has({ key, place }: Pick<PlacedTicket, "key" | "place">): boolean {
    return (this.#places.get(key) ?? 0) >= place;
  }

  /**
   * Forgets those of some tickets that were said to be gone before the stream leader was asked, and which its answer
   * shows: the pushes were forged. A push that came since may be newer than the answer.
   */
  deny(tickets: readonly PlacedTicket[], before: KnownTickets): void {
    for (const ticket of tickets) {
      const { key } = ticket;
      if (this.has(ticket) && this.#places.get(key) === before.get(key)) this.#places.delete(key);
    }
  }
}
