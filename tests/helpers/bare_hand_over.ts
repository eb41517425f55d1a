/**
 * The messages of a hand-over without a lock, to compare with.
 *
 * @module
 */

import { jetstream } from "@nats-io/jetstream";
import type { NatsConnection } from "@nats-io/nats-core";
import { elapse, timed } from "./measure.ts";

/** Where the messages go, and how long to rest before each sample in milliseconds. */
export interface BareOptions {
  /** A bucket that republishes its changes on `natslock.<bucket>.>`. */
  readonly bucket: string;
  readonly rest: number;
}

/**
 * Returns a function that measures, in milliseconds, from a publish to a key until the answer is stored that the other
 * end publishes on the republished message.
 */
export async function bareHandOver(
  giver: NatsConnection,
  taker: NatsConnection,
  { bucket, rest }: BareOptions,
): Promise<() => Promise<number>> {
  const id = crypto.randomUUID();
  let stored = Promise.withResolvers<void>();
  const callback = () => {
    jetstream(taker).publish(`$KV.${bucket}.answer`, id).then(() => stored.resolve(), stored.reject);
  };
  taker.subscribe(`natslock.${bucket}.bare`, { callback });
  await taker.flush();
  return async () => {
    stored = Promise.withResolvers();
    await elapse(rest);
    let released: Promise<unknown> | undefined;
    const took = await timed(() => {
      released = jetstream(giver).publish(`$KV.${bucket}.bare`, id);
      return stored.promise;
    });
    await released;
    return took;
  };
}
