/** What is asked for once and kept. */

/** The newest answer. Of requests that cross, the one that was sent last counts, whenever it is answered. */
export class CachedRequest<T> {
  #asked = 0;
  /** Answers to requests up to this one tell nothing new. */
  #outdated = 0;
  #kept: T | null = null;
  #value: T | null = null;

  /** The newest answer that came, even if it was forgotten since; `null` before the first. */
  get value(): T | null {
    return this.#value;
  }

  /** What is kept; `ask` is called if nothing is, or for `fresh`. Rejects with what the request failed with. */
  async get(ask: () => Promise<T>, fresh = false): Promise<T> {
    if (fresh) this.invalidate();
    return this.#kept ?? await this.refresh(ask);
  }

  /** Asks though something is kept, which is still kept if that fails. */
  async refresh(ask: () => Promise<T>): Promise<T> {
    const request = ++this.#asked;
    const answer = await ask();
    if (request <= this.#outdated) return this.#kept ?? answer;
    this.#outdated = request;
    return this.#kept = this.#value = answer;
  }

  /** Asks anew next time; what was asked before is not kept. */
  invalidate(): void {
    this.#kept = null;
    this.#outdated = this.#asked;
  }
}
