/** A request whose answer is kept for later callers. */

/**
 * Keeps the newest answer to a request. Requests may overlap: the answer to the one that was sent last counts, in
 * whatever order the answers arrive.
 */
export class CachedRequest<T> {
  #lastRequest = 0;
  /** Answers to requests with this number or a lower one are outdated. */
  #outdated = 0;
  #kept: T | null = null;
  #value: T | null = null;

  /** The newest answer so far, even after {@linkcode CachedRequest.invalidate}; `null` before the first answer. */
  get value(): T | null {
    return this.#value;
  }

  /** Returns the kept answer. Calls `ask` if none is kept or `fresh` is true. Rejects with the error of `ask`. */
  async get(ask: () => Promise<T>, fresh = false): Promise<T> {
    if (fresh) this.invalidate();
    return this.#kept ?? await this.refresh(ask);
  }

  /**
   * Calls `ask` even if an answer is kept. If `ask` fails, rejects with its error and leaves the kept answer in place.
   * If a later request was answered first, resolves with that answer.
   */
  async refresh(ask: () => Promise<T>): Promise<T> {
    const request = ++this.#lastRequest;
    const answer = await ask();
    if (request <= this.#outdated) return this.#kept ?? answer;
    this.#outdated = request;
    return this.#kept = this.#value = answer;
  }

  /** Drops the kept answer. Answers to the requests that are in flight are not kept either. */
  invalidate(): void {
    this.#kept = null;
    this.#outdated = this.#lastRequest;
  }
}
