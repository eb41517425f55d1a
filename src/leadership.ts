/**
 * Who holds a lock, as others see it.
 *
 * @module
 */

import type { Meta, Sighting } from "./record.ts";

/** Who holds a lock. Times are milliseconds. */
export interface Leadership {
  /** UUID of the holder; empty if a stranger's bytes stand under the key. */
  readonly holder: string;
  /** Name for people; empty if the holder gave none. */
  readonly name: string;
  /** Fencing token of the hold. */
  readonly token: number;
  /** When the hold began, since the Unix epoch by the holder's clock; `null` if the holder does not say. */
  readonly since: number | null;
  /** Lease length. */
  readonly ttl: number;
  /** What the holder shows. */
  readonly meta: Meta;
  /** Revision of the holder's latest write. */
  readonly revision: number;
}

/** What a look at the key says to a user; `bucketTtl` stands in where the holder does not say its lease length. */
export function leadershipOf(sighting: Sighting, bucketTtl: number): Leadership | null {
  const { revision } = sighting;
  switch (sighting.kind) {
    case "vacant":
      return null;
    case "foreign":
      return { holder: "", name: "", token: revision, since: null, ttl: bucketTtl, meta: {}, revision };
    case "held": {
      const { holder, name, token, since, ttl, meta } = sighting.record;
      return { holder, name, token: token ?? revision, since, ttl: ttl ?? bucketTtl, meta, revision };
    }
  }
}
