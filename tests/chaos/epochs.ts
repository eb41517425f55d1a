/**
 * Tells the holds that were granted under the epoch of a former stream.
 *
 * A client that has read the bucket's settings just before the bucket was re-created writes into the new stream, and is
 * granted a lock there under the former epoch. No answer to a write names the stream, so the client learns of it with
 * the next check of the settings. docs/guarantees.md says how long that can take.
 *
 * @module
 */

/** One hold, as its client believed it. Times are in milliseconds since the Unix epoch. */
export interface Hold {
  readonly client: string;
  readonly token: number;
  readonly epoch: string;
  readonly from: number;
  readonly until: number;
}

/** Longest time that such a hold can last, in leases. */
const LASTING = 1.5;

/** The clocks of a client and a server may differ by this time in ms, and an entry may be written as late. */
const SLACK = 100;

/** Returns when the stream of each epoch was replaced. Knows the streams in which somebody held a lock. */
function replacements(holds: readonly Hold[]): (epoch: string) => number {
  const created = [...new Set(holds.map(({ epoch }) => Date.parse(epoch)))].sort((a, b) => a - b);
  return (epoch) => created.find((at) => at > Date.parse(epoch)) ?? Infinity;
}

/** Returns the holds that did not begin after their stream was replaced. Tokens can be compared only among these. */
export function holdsInTime<T extends Hold>(holds: readonly T[]): T[] {
  const replacedAt = replacements(holds);
  return holds.filter(({ epoch, from }) => from <= replacedAt(epoch));
}

/** Returns as text the holds that lasted too long after their stream was replaced. */
export function outlived(holds: readonly Hold[], ttl: number): string[] {
  const replacedAt = replacements(holds);
  return holds.flatMap(({ client, token, epoch, from, until }) => {
    const longer = until - Math.max(from, replacedAt(epoch)) - LASTING * ttl - SLACK;
    if (longer <= 0) return [];
    return [`${client} holds token ${token} of ${epoch}, which was replaced, ${Math.round(longer)} ms too long`];
  });
}
