/**
 * A clock that jumps, for tests of what is right although no timer could run.
 *
 * @module
 */

import { ManualClock } from "../../src/memory/manual_clock.ts";

/** A clock that can jump without any timer: the process slept, or its event loop was blocked. */
export class JumpingClock extends ManualClock {
  /** Time in ms by which it has jumped so far. */
  skipped = 0;

  override now(): number {
    return super.now() + this.skipped;
  }
}
