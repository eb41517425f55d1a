/**
 * How many requests a Locker may send, whatever the store answers.
 *
 * @module
 */

import { type Sent, TTL } from "./store.ts";

/** Pause after an error, in ms: the default for this lease length. */
export const RETRY_EVERY = TTL / 15;
/** Most requests of one call in one instant. */
const MOST_AT_ONCE = 16;
/** Most requests of one call in any window of `retryEvery`. The whole run may have that many more than the average. */
const MOST_IN_WINDOW = 36;
/** Most requests per `retryEvery`, on average from the first to the last. */
const MOST_ON_AVERAGE = 12;
/** Most changes that one waiter handles per `retryEvery`, and the requests that each may cost. */
const PUSHES = 64;
const PER_PUSH = 3;

/**
 * Returns what is wrong with the rate of requests.
 *
 * @param sent the requests, in the order in which they were sent
 * @param begins when calls began or were ended: each may send `MOST_AT_ONCE`
 * @param pushed the number of watches on a key that is flooded with changes
 */
export function rateComplaints(sent: readonly Sent[], begins: readonly number[], pushed = 0): string[] {
  const more = PUSHES * PER_PUSH * pushed;
  const complaints: string[] = [];
  const atOnce = worst(sent, begins, { ms: 0, most: MOST_AT_ONCE });
  if (atOnce !== null) complaints.push(`spin: ${atOnce} requests in one instant`);
  const inWindow = worst(sent, begins, { ms: RETRY_EVERY, most: MOST_IN_WINDOW + more });
  if (inWindow !== null) complaints.push(`rate: ${inWindow} requests within ${Math.round(RETRY_EVERY)} ms`);
  const ms = (sent.at(-1)?.at ?? 0) - (sent[0]?.at ?? 0);
  const allowed = Math.floor(handfuls(MOST_IN_WINDOW, begins.length) + (MOST_ON_AVERAGE + more) * ms / RETRY_EVERY);
  if (sent.length > allowed) complaints.push(`rate: ${sent.length} requests in all, ${allowed} allowed`);
  return complaints;
}

/** Returns how many requests are allowed: `most` for one call, and `MOST_AT_ONCE` for each further one. */
const handfuls = (most: number, begun: number): number => most + MOST_AT_ONCE * Math.max(0, begun - 1);

/** Returns the most requests within a window of `ms`; `null` if no window has more than is allowed. */
function worst(
  sent: readonly Sent[],
  begins: readonly number[],
  { ms, most }: { readonly ms: number; readonly most: number },
): number | null {
  let [found, first] = [0, 0];
  for (const [last, { at }] of sent.entries()) {
    const from = () => sent[first]?.at ?? at;
    while (from() < at && at - from() >= ms) first++;
    const begun = begins.filter((begin) => begin >= from() && begin <= at).length;
    const count = last - first + 1;
    if (count > handfuls(most, begun)) found = Math.max(found, count);
  }
  return found > 0 ? found : null;
}
