/** Releases of nats-server that are known to be bad for locks, and what to take instead (nats-facts 1, 2 and 4). */

import { type Logger, writeLog } from "../base/logger.ts";

/** What is wrong with a release. */
export interface ServerFlaw {
  /** What it does wrong, as the end of a sentence that begins with the server. */
  readonly why: string;
  /** The nearest release to take instead; any later one will do too. */
  readonly take: string;
}

/** Each write of a message with a time of its own puts off the server's next look for what has run out. */
const STARVED = "can keep a crashed holder's record while others renew";

/** From a release on (it is bad), up to another (that one is good); the first row that fits counts. */
const FLAWS: readonly (readonly [from: string, before: string, why: string, take: string])[] = [
  ["0", "2.9.21", "can grant a lock to two", "2.9.25"],
  ["2.10.19", "2.10.20", "can grant a lock that is held", "2.10.29"],
  ["2.10.20", "2.10.23", "can lose its buckets when killed", "2.10.29"],
  ["2.11.0", "2.11.10", STARVED, "2.11.17"],
  ["2.12.0", "2.12.1", STARVED, "2.12.15"],
];

/** A lock may have a lease length of its own from this release on. */
export const OWN_TTL_SINCE = "2.11";

/** What each connection was warned of. */
const warned = new WeakMap<object, string>();

/** True if a release is `since` or later; false for a version that is not known. */
export function isAtLeast(version: string, since: string): boolean {
  return version.localeCompare(since, "en", { numeric: true }) >= 0;
}

/** What is known to be wrong with a release; `null` if nothing is, or it is not known which one it is. */
export function flawOf(version: string): ServerFlaw | null {
  if (!/^\d/.test(version)) return null;
  const row = FLAWS.find(([from, before]) => isAtLeast(version, from) && !isAtLeast(version, before));
  return row ? { why: row[2], take: row[3] } : null;
}

/** Warns if the server that a connection is on is known to be bad; once for a connection and a version. */
export function warnOfServer(nc: object, logger: Logger): void {
  const { version = "" } = (nc as { info?: { version?: string } }).info ?? {};
  const flaw = flawOf(version);
  if (flaw === null || warned.get(nc) === version) return;
  warned.set(nc, version);
  const { why, take } = flaw;
  writeLog(logger, "warn", `nats-server ${version} ${why}: take ${take} or later`, { server: version, take });
}
