/** A mistake that the compiler must find. If it does not find it, it has not read the types of the package. */

import type { Locker } from "@x/natslock";
import type { ManualClock } from "@x/natslock/testing";

/** Returns what is no string. */
export function nameOf(locker: Locker): string {
  // @ts-expect-error: a token is a number
  return locker.token ?? "none";
}

/** Returns what is no string. */
export function timeOf(clock: ManualClock): string {
  // @ts-expect-error: a time is a number
  return clock.now();
}
