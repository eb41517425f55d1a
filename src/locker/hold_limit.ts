/** How long work may hold the lock of a Locker, and what happens then. */

import { badParameter } from "../base/errors.ts";

/** Options of a Locker about how long its leases may be held. */
export interface HoldLimitOptions {
  /**
   * Longest time in milliseconds for which one lease should be held, counted from the grant. A lease that lasts longer
   * is reported once by the event `stuck`, a log line and `health()`: its work hangs, or takes longer than was planned.
   * Not for a lead by `acquireLead()`, which ends by itself if its loop hangs. Default: no limit.
   */
  readonly maxHold?: number;
  /**
   * What happens to a lease that is `stuck`. `"report"`: nothing else, it is renewed as before. `"release"`: its work is
   * asked to stop by `lease.signal`, and it is not renewed any more. Its record goes as soon as the work of `run()` or
   * `lead()` has settled; after `acquire()` as soon as `lease.release()` is called. Work that does neither keeps the lock
   * until the lease runs out, which the event `lost` reports: from then on another can hold while that work still runs.
   * Default: `"report"`.
   */
  readonly onStuck?: "report" | "release";
}

/** The limit of each hold, checked. */
export interface HoldLimit {
  readonly maxHold: number;
  readonly releases: boolean;
}

/** Checks the options. @throws {BadParameterError} for the first that is out of range */
export function holdLimitOf({ maxHold = Infinity, onStuck = "report" }: HoldLimitOptions): HoldLimit {
  if (typeof maxHold !== "number" || !(maxHold > 0)) {
    throw badParameter("maxHold", "a positive number of milliseconds", maxHold);
  }
  if (onStuck !== "report" && onStuck !== "release") throw badParameter("onStuck", '"report" or "release"', onStuck);
  return { maxHold, releases: onStuck === "release" };
}
