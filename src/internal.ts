/**
 * Parts of the library that are exported only for the command line `@x/natslock-cli`.
 *
 * Not for applications: names here may change in any release. The command line depends on one exact version of the
 * library.
 *
 * @module
 */

export { isMissing, show } from "./base/errors.ts";
export { SystemClock } from "./base/clock.ts";
export { systemRandom } from "./base/random.ts";
export { onAbort, unlessAborted, wait, WaitScope } from "./base/wait.ts";
export { keyStateOf } from "./store/store.ts";
export { candidateOf } from "./lease/candidate.ts";
export { leadershipOf } from "./lease/leadership.ts";
export { leaseTiming } from "./lease/timing.ts";
export { evictTicket } from "./locks/eviction.ts";
export { ALL_SESSIONS, ALL_TICKETS, sessionKey } from "./locks/names.ts";
export { bucketProblems, settingsOf } from "./nats/bucket_rules.ts";
export { type KvStore, storeOf } from "./nats/kv_store.ts";
export { ticketsOf } from "./nats/kv_tickets.ts";
export { apiCodeOf, hasRemedy, toLockError } from "./nats/nats_errors.ts";
export { webSocketOf } from "./nats/socket.ts";
export { flawOf, isAtLeast, OWN_TTL_SINCE } from "./nats/server_version.ts";
