/** The network of a test: what stands between a store in memory and its bucket. */

import type { NatslockError } from "../base/errors.ts";
import type { Hint } from "../store/store.ts";

/**
 * The network between one `MemoryStore` and the bucket.
 *
 * @example Cut off one of two Lockers and not the other
 * ```ts ignore
 * import { Locker } from "@x/natslock";
 * import { ManualClock, MemoryStore } from "@x/natslock/testing";
 *
 * const clock = new ManualClock();
 * const store = new MemoryStore(clock, { ttl: 10_000 });
 * let reachable = true;
 * const link = store.link({
 *   intercept: (request) => Promise.resolve(reachable ? request.perform() : request.timeout()),
 * });
 * const [red, green] = [new Locker({ store: link, clock }), new Locker({ store, clock })];
 * const lease = await red.tryAcquire();
 * const waiting = green.acquire();
 * reachable = false;
 * await clock.advance(15_000);
 * const next = await waiting;
 * if (!lease || lease.held || next.token <= lease.token) throw new Error("red should have stood down, green holds");
 * await Promise.all([red.close(), green.close(), clock.advance(20_000)]);
 * ```
 */
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
  readonly kind: "read" | "write" | "remove" | "settings";
  /** The key; empty for `settings`. */
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
