/** The one source of chance. */

/** A source of randomness; injected so that a test can replay a run. */
export interface Random {
  /** A number in [0, 1). */
  next(): number;
  /** A fresh UUID. */
  uuid(): string;
}

/** The runtime's own randomness. */
export const systemRandom: Random = { next: () => Math.random(), uuid: () => crypto.randomUUID() };
