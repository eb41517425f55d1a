/**
 * What a run of random requests records.
 *
 * @module
 */

import type { RandomRequest } from "./random_schedule.ts";

/** How a request ended. */
export type Ending =
  /** Its callback returned. */
  | "done"
  /** Its callback got `null`. */
  | "refused"
  /** With the reason of its signal. */
  | "aborted"
  /** With an AbortError that is not the reason of its signal. */
  | "stolen"
  /** With another error. */
  | "failed";

/** One event of a run. The position in the history is its time. */
export type RequestEvent =
  | { readonly kind: "requested"; readonly request: RandomRequest }
  /** All requests so far are in their queues. */
  | { readonly kind: "settled" }
  /** The callback started with locks. */
  | { readonly kind: "granted"; readonly id: number; readonly tokens: Readonly<Record<string, number | undefined>> }
  /** The callback is about to return. */
  | { readonly kind: "released"; readonly id: number }
  /** The signal is about to abort. */
  | { readonly kind: "aborted"; readonly id: number }
  /** The promise of the request settled. */
  | { readonly kind: "ended"; readonly id: number; readonly how: Ending; readonly error?: unknown };

/** What happened in one run, in its order. */
export type RequestHistory = readonly RequestEvent[];
