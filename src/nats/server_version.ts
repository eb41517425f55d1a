/** Lists the releases of nats-server that are known to be bad for locks, and which release to use instead. */

import { type Logger, writeLog } from "../base/logger.ts";

/** A known flaw of a release. */
export interface ServerFlaw {
  /** What the release does wrong, as the predicate of a sentence about the server. */
  readonly why: string;
  /** The nearest release to use instead. A later release without a known flaw is fine as well. */
  readonly take: string;
}

/**
 * In these releases, each write of a message with its own TTL restarts the server's expiry timer. Frequent renewals of
 * other locks can then keep expired records in the bucket.
 */
const DELAYED_EXPIRY = "can keep a crashed holder's lock while others renew";

/**
 * Each row is a range of bad releases: `from` is the first bad one, `before` is the first good one after it. The first
 * row that contains a release counts. Before 2.9.21, two concurrent conditional writes could both be applied. 2.10.19
 * with one replica applied conditional writes whose expected revision was outdated. 2.10.20 to 2.10.22 could lose whole
 * streams when the process was killed.
 */
const FLAWS: readonly (readonly [from: string, before: string, why: string, take: string])[] = [
  ["0", "2.9.21", "can grant a lock twice", "2.9.25"],
  ["2.10.19", "2.10.20", "can grant a held lock", "2.10.29"],
  ["2.10.20", "2.10.23", "can lose buckets when killed", "2.10.29"],
  ["2.11.0", "2.11.10", DELAYED_EXPIRY, "2.11.17"],
  ["2.12.0", "2.12.1", DELAYED_EXPIRY, "2.12.15"],
];

/** First release on which a lock can have its own lease length. */
export const OWN_TTL_SINCE = "2.11";

/** The version that was last warned about, by connection. */
const warned = new WeakMap<object, string>();

/** Reports whether a version is `since` or later; false for an empty version. */
export function isAtLeast(version: string, since: string): boolean {
  return version.localeCompare(since, "en", { numeric: true }) >= 0;
}

/** Returns the known flaw of a release; `null` if it has none, or if the text is not a version. */
export function flawOf(version: string): ServerFlaw | null {
  if (!/^\d/.test(version)) return null;
  const row = FLAWS.find(([from, before]) => isAtLeast(version, from) && !isAtLeast(version, before));
  return row ? { why: row[2], take: row[3] } : null;
}

/** Logs a warning if the connected server is a known bad release, once per connection and version. */
export function warnOfServer(nc: object, logger: Logger): void {
  const { version = "" } = (nc as { info?: { version?: string } }).info ?? {};
  const flaw = flawOf(version);
  if (flaw === null || warned.get(nc) === version) return;
  warned.set(nc, version);
  const { why, take } = flaw;
  writeLog(logger, "warn", `nats-server ${version} ${why}: use ${take} or later`, { server: version, take });
}
