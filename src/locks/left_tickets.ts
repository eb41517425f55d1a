/** What a session remembers of a queue: which tickets left it. An answer that still shows one of them is old. */

import type { PlacedTicket } from "./look.ts";

/** What was known at some time: the place of the latest ticket that left, by key. */
export type KnownTickets = ReadonlyMap<string, number>;

/** The tickets that left a queue. */
export class LeftTickets {
  readonly #places = new Map<string, number>();
  #floor = 1;

  /** No ticket stands at a lower place. */
  get floor(): number {
    return this.#floor;
  }

  /** What is known now of the tickets at the floor and above. */
  get known(): KnownTickets {
    return new Map(this.#places);
  }

  /** Notes that no ticket stands below a place. */
  raiseFloor(place: number): void {
    if (place <= this.#floor) return;
    this.#floor = place;
    for (const [key, at] of this.#places) if (at < place) this.#places.delete(key);
  }

  /** Notes that a ticket left. Returns false if it was known. */
  add(key: string, place: number): boolean {
    if (this.has({ key, place })) return false;
    this.#places.set(key, place);
    return true;
  }

  /** Reports whether a ticket is said to be gone. */
  has({ key, place }: Pick<PlacedTicket, "key" | "place">): boolean {
    return (this.#places.get(key) ?? 0) >= place;
  }

  /**
   * An own ticket was stored. If a ticket above it is known already, the server has lost writes, and revisions begin
   * there again: all that was known is void.
   */
  stored(key: string, place: number): void {
    if (place >= this.#floor && !this.has({ key, place })) return;
    this.#places.clear();
    this.#floor = 1;
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
