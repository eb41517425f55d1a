/** The slots of one session for one lock. */

/** Small numbers, each in the key of at most one ticket. */
export class Slots {
  readonly #taken = new Set<number>();
  /** No lower slot is free. */
  #lowest = 0;

  /** Number of slots that are taken. */
  get size(): number {
    return this.#taken.size;
  }

  /** Takes the lowest slot that is free. */
  take(): number {
    while (this.#taken.has(this.#lowest)) this.#lowest++;
    this.#taken.add(this.#lowest);
    return this.#lowest++;
  }

  /** Frees a slot. */
  free(slot: number): void {
    this.#taken.delete(slot);
    this.#lowest = Math.min(this.#lowest, slot);
  }
}
