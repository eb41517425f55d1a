/** The library's only source of randomness. */

/** A source of randomness. Injected, so that a test can replay a run. */
export interface Random {
  /** Returns a number in [0, 1). */
  next(): number;
  /** Returns a new random UUID. */
  uuid(): string;
}

/** The randomness of the runtime. */
export const systemRandom: Random = { next: () => Math.random(), uuid: () => crypto.randomUUID() };
