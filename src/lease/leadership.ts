/** Who holds a lock, as others see it. */

import type { KeyState, LeaseRecord } from "../store/record.ts";

/**
 * Who holds a lock, as others see it. Times are milliseconds.
 *
 * `holder` is empty if the key has a foreign value, one that is no holder's UUID. Such a key is held until it expires.
 */
export interface Leadership extends Pick<LeaseRecord, "holder" | "name" | "since" | "meta"> {
  /** Fencing token of the hold. */
  readonly token: number;
  /** Lease length; the bucket's if the holder's record does not tell. */
  readonly ttl: number;
  /** Revision of the holder's latest write. Each renewal changes it. */
  readonly revision: number;
}

/**
 * Returns who holds by a key state, or `null` if it is vacant. `bucketTtl` is used if the record has no lease length.
 */
export function leadershipOf(keyState: KeyState, bucketTtl: number): Leadership | null {
  if (keyState.kind === "vacant") return null;
  const { revision } = keyState;
  const stranger = { holder: "", name: "", token: null, since: null, ttl: null, meta: {} };
  const { holder, name, token, since, ttl, meta } = keyState.kind === "held" ? keyState.record : stranger;
  return { holder, name, token: token ?? revision, since, ttl: ttl ?? bucketTtl, meta, revision };
}
