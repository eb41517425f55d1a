/** The network of a test: what stands between a store in memory and its bucket. */

import type { NatslockError } from "./errors.ts";
import type { Hint } from "./store.ts";

/** The network between one `MemoryStore` and the bucket. */
export interface LinkOptions {
  /** Stands between caller and bucket: may delay or drop a request or its answer. Default: performs at once. */
  readonly intercept?: Intercept;
  /** Stands between bucket and watcher: calls `deliver` now, later, more than once or not at all. Default: at once. */
  readonly push?: (hint: Hint, deliver: () => void) => void;
}

/** Performs a request now, later, or not at all; what it returns is the answer. */
export type Intercept = <Outcome>(request: StoreRequest<Outcome>) => Promise<Outcome>;

/** A request on its way. */
export interface StoreRequest<Outcome> {
  /** What is asked for. */
  readonly kind: "read" | "write" | "remove" | "terms";
  /** The key; empty for `terms`. */
  readonly key: string;
  /** The longest wait for the answer, in milliseconds. */
  readonly within: number;
  /** Carries it out in the bucket and returns the answer. */
  perform(): Outcome;
  /** The answer of a request that was not answered in time: it may have been carried out, or may be yet. */
  timeout(): Outcome;
  /** The answer of a request that was certainly not carried out. */
  fail(error: NatslockError): Outcome;
}
