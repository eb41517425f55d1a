/** The simulated network of a test, between a `MemoryStore` and its bucket. */

import type { NatslockError } from "../base/errors.ts";
import type { Push } from "../store/ticket_store.ts";

/**
 * The simulated network between one `MemoryStore` and its bucket.
 *
 * @example Cut off one of two Lockers
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
  /**
   * Handles each request between caller and bucket: may delay or drop the request or its answer. Default: performs it
   * at once.
   */
  readonly intercept?: Intercept;
  /**
   * Handles each pushed change between bucket and watcher: calls `deliver` now, later, more than once or never.
   * Default: delivers it at once, in a microtask.
   */
  readonly push?: (push: Push, deliver: () => void) => void;
  /**
   * Returns how many of the newest writes the replica lacks that answers the next scan, as on a server that is behind:
   * 0 to 64. Is called for each scan that may be answered by any replica. Default: 0.
   */
  readonly replica?: () => number;
}

/** Performs a request now, later or never, and returns the answer that the caller gets. */
export type Intercept = <Outcome>(request: StoreRequest<Outcome>) => Promise<Outcome>;

/** A request on its way from a caller to the bucket. */
export interface StoreRequest<Outcome> {
  /** The kind of the request. `append` writes a ticket, `scan` reads all messages under a filter. */
  readonly kind: "read" | "write" | "remove" | "append" | "scan" | "settings";
  /** The key of the request, or the filter of a scan; empty for `settings`. */
  readonly key: string;
  /** The longest wait for the answer, in milliseconds. */
  readonly within: number;
  /** Carries out the request in the bucket and returns the answer. */
  perform(): Outcome;
  /**
   * Returns the answer of a request that timed out. The caller then assumes that the request may have been carried out,
   * or may still be carried out later.
   */
  timeout(): Outcome;
  /** Returns the answer of a request that failed with `error` and was certainly not carried out. */
  fail(error: NatslockError): Outcome;
}
