/** Streaks of trouble of one lock manager: the begin and the end of each are reported once. */

/** What fails: the write of a ticket, or the look at a queue. */
export type TroubleKind = "ticket" | "look";

/** The streaks that go on. They outlive a session, since their cause can. */
export class Troubles {
  /** The lock for which each streak was reported. */
  readonly #names = new Map<TroubleKind, string>();

  /** Notes a failure. Returns true for the first one of a streak. */
  begin(kind: TroubleKind, name: string): boolean {
    if (this.#names.has(kind)) return false;
    this.#names.set(kind, name);
    return true;
  }

  /** Notes a success. Returns the lock for which the streak was reported that ends with it; `null` if there is none. */
  end(kind: TroubleKind): string | null {
    const name = this.#names.get(kind) ?? null;
    this.#names.delete(kind);
    return name;
  }
}
