/** What is asked for once and kept. */

/** One answer for all who need it. Of requests that cross, the newest counts: also for who asked before. */
export class Latest<T> {
  #asked: Promise<T> | null = null;
  #value: T | null = null;

  /** The newest answer that came, even if it was forgotten since; `null` before the first. */
  get value(): T | null {
    return this.#value;
  }

  /** What is kept or on its way; `ask` is called if nothing is, or for `fresh`. Rejects with what the newest failed with. */
  async get(ask: () => Promise<T>, fresh = false): Promise<T> {
    if (fresh) this.#asked = null;
    const asked = this.#asked ??= ask();
    const settled = await Promise.allSettled([asked]);
    if (this.#asked !== null && this.#asked !== asked) return await this.get(ask);
    if (settled[0].status === "fulfilled") return this.#value = settled[0].value;
    this.#asked = null;
    throw settled[0].reason;
  }

  /** Asks anew next time. */
  forget(): void {
    this.#asked = null;
  }
}
