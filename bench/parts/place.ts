/** What every part of the bench gets. */

import type { Addresses, Services } from "../peers/services.ts";

/** Where to measure, and how long. */
export interface Place {
  readonly services: Services;
  /** Divides the number of samples and the times. 1 for figures that are kept, more for a quick look. */
  readonly haste: number;
  /** Prints a line of progress. */
  readonly say: (line: string) => void;
}

/** A number of samples, or of milliseconds, in less time. */
export function scaled(count: number, { haste }: Pick<Place, "haste">): number {
  return Math.max(3, Math.round(count / haste));
}

/** The addresses of the services, for child processes. */
export function addressesOf({ nats, redis, etcd }: Services): Addresses {
  return { nats: nats.url, redis, etcd };
}
