/** What a process says, line by line, to be waited for. */

/** Values in the order in which they came; waiting has an end. */
export class Heard<T> {
  readonly #all: T[] = [];
  readonly #waiting = new Set<() => void>();
  readonly #listeners: ((value: T) => void)[] = [];
  #end: string | null = null;

  /** All so far. */
  get all(): readonly T[] {
    return this.#all;
  }

  /** Takes in one more. */
  add(value: T): void {
    this.#all.push(value);
    for (const listener of this.#listeners) listener(value);
    this.#wake();
  }

  /** Calls back with each that will come. */
  each(listener: (value: T) => void): void {
    this.#listeners.push(listener);
  }

  /** Nothing more will come; who still waits is told why. */
  finish(why: string): void {
    this.#end ??= why;
    this.#wake();
  }

  /** The first that fits, from the one with number `from` on; rejects after `timeout` milliseconds, or at the end. */
  async find(
    fits: (value: T) => boolean,
    { timeout, from = 0 }: { readonly timeout: number; readonly from?: number },
  ): Promise<T> {
    for (const deadline = Date.now() + timeout; Date.now() < deadline;) {
      const found = this.#all.slice(from).find(fits);
      if (found !== undefined) return found;
      if (this.#end !== null) throw new Error(`Waited in vain: ${this.#end}; heard ${this.#heard()}`);
      await this.#more(deadline - Date.now());
    }
    throw new Error(`Waited ${timeout} ms in vain; heard ${this.#heard()}`);
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

/** Calls back with each line of a stream; resolves at its end. */
export async function eachLine(stream: ReadableStream<Uint8Array>, tell: (line: string) => void): Promise<void> {
  const decoder = new TextDecoder();
  let rest = "";
  for await (const chunk of stream) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) tell(line);
  }
}
