/** The flags of `natslock evict`. */

import type { ConnectionFlags } from "./settings.ts";

/** The flags of `natslock evict`. */
export interface EvictFlags extends ConnectionFlags {
  readonly ifToken?: string;
  /** In a bucket for queues: the place of the request to remove. */
  readonly place?: string;
  readonly yes?: boolean;
}
