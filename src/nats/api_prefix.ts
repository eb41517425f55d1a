/** The prefix of the JetStream API: a domain or another account has one of its own. */

import type { KvInternals } from "./kv_handle.ts";

const DEFAULT_PREFIX = "$JS.API";

/** Returns the API prefix of a KV handle. */
export function apiPrefixOf({ apiPrefix, prefix }: Pick<KvInternals["js"], "apiPrefix" | "prefix">): string {
  return apiPrefix ?? prefix ?? DEFAULT_PREFIX;
}

/** Returns the subject to which a write of `subject` is published: in a domain or another account behind the prefix. */
export function writeSubject(apiPrefix: string, subject: string): string {
  return apiPrefix === DEFAULT_PREFIX ? subject : `${apiPrefix}.${subject}`;
}
