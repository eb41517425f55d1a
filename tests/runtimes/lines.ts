/** Waits for lines that a process prints. */

/** Values in the order in which they arrived. Waits have a time limit. */
export class Heard<T> {
  readonly #all: T[] = [];
  readonly #waiting = new Set<() => void>();
  readonly #listeners: ((value: T) => void)[] = [];
  #end: string | null = null;

  /** All values so far. */
  get all(): readonly T[] {
    return this.#all;
  }

  /** Adds a value. */
  add(value: T): void {
    this.#all.push(value);
    for (const listener of this.#listeners) listener(value);
    this.#wake();
  }

  /** Calls `listener` with each future value. */
  each(listener: (value: T) => void): void {
    this.#listeners.push(listener);
  }

  /** Ends the sequence. Pending waits reject with the reason. */
  finish(why: string): void {
    this.#end ??= why;
    this.#wake();
  }

  /** Resolves to the first matching value from index `from` on. Rejects after `timeout` milliseconds, or at the end. */
  async find(
    fits: (value: T) => boolean,
    { timeout, from = 0 }: { readonly timeout: number; readonly from?: number },
  ): Promise<T> {
    for (const deadline = Date.now() + timeout; Date.now() < deadline;) {
      const found = this.#all.slice(from).find(fits);
      if (found !== undefined) return found;
      if (this.#end !== null) throw new Error(`No match before the end: ${this.#end}; received ${this.#heard()}`);
      await this.#more(deadline - Date.now());
    }
    throw new Error(`No match within ${timeout} ms; received ${this.#heard()}`);
  }

  #heard(): string {
    return JSON.stringify(this.#all.slice(-10));
  }

  #more(ms: number): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, ms);
    this.#waiting.add(resolve);
    return promise.finally(() => {
      clearTimeout(timer);
      this.#waiting.delete(resolve);
    });
  }

  #wake(): void {
    for (const resolve of this.#waiting) resolve();
  }
}

/** Calls `tell` with each line of a stream. Resolves at the end of the stream. */
export async function eachLine(stream: ReadableStream<Uint8Array>, tell: (line: string) => void): Promise<void> {
  const decoder = new TextDecoder();
  let rest = "";
  for await (const chunk of stream) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) tell(line);
  }
}
