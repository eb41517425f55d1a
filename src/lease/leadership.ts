/** Who holds a lock, as others see it. */

import type { KeyState, LeaseRecord } from "../store/record.ts";

/** Who holds a lock; `holder` is empty if a stranger's bytes stand under the key. Times are milliseconds. */
export interface Leadership extends Pick<LeaseRecord, "holder" | "name" | "since" | "meta"> {
  /** Fencing token of the hold. */
  readonly token: number;
  /** Lease length. */
  readonly ttl: number;
  /** Revision of the holder's latest write. */
  readonly revision: number;
}

/** What a look at the key says to a user; `bucketTtl` stands in where the holder does not say its lease length. */
export function leadershipOf(keyState: KeyState, bucketTtl: number): Leadership | null {
  if (keyState.kind === "vacant") return null;
  const { revision } = keyState;
  const stranger = { holder: "", name: "", token: null, since: null, ttl: null, meta: {} };
  const { holder, name, token, since, ttl, meta } = keyState.kind === "held" ? keyState.record : stranger;
  return { holder, name, token: token ?? revision, since, ttl: ttl ?? bucketTtl, meta, revision };
}
