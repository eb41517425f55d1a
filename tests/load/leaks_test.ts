import { assert, assertEquals } from "@std/assert";
import { Kvm } from "@nats-io/kv";
import type { NatsConnection } from "@nats-io/nats-core";
import { type KvHandle, Locker, LockerClosedError } from "@x/natslock";
import { eventually, type Footprint, footprint } from "../helpers/measure.ts";
import { newKeyValue, withServer } from "../helpers/nats.ts";
import type { NatsServer } from "../../tools/nats/server.ts";

const TTL = 2000;

type Open = (nc: NatsConnection) => Promise<KvHandle>;

/** The two ways in which a bucket can be watched. */
const BUCKETS: readonly (readonly [how: string, open: Open, consumers: number])[] = [
  ["one that repeats its changes", (nc) => newKeyValue(nc, "locks", TTL), 0],
  ["one that is watched by a consumer", (nc) => new Kvm(nc).create("locks", { ttl: TTL }), 1],
];

/** A running observer: what it saw and how it ended. */
function observing(locker: Locker): { seen: (number | null)[]; ended: Promise<unknown> } {
  const seen: (number | null)[] = [];
  const run = async () => {
    for await (const leader of locker.observe()) seen.push(leader?.token ?? null);
  };
  return { seen, ended: run().catch((error: unknown) => error) };
}

/** Returns what the server holds once it is within `atMost`. The server removes what was ended a little later. */
async function settled(server: NatsServer, atMost: Footprint): Promise<Footprint> {
  let left = await footprint(server);
  await eventually(`${JSON.stringify(atMost)} to be left`, async () => {
    left = await footprint(server);
    return left.subscriptions <= atMost.subscriptions && left.consumers <= atMost.consumers;
  }).catch(() => {});
  return left;
}

for (const [how, open, consumers] of BUCKETS) {
  Deno.test(`Locker.close() leaves nothing on the server of a lease, a wait and an observer of ${how}`, () =>
    withServer(async ({ server, nc }) => {
      const kv = await open(nc);
      const key = "another";
      const [holder, waiter, free] = [new Locker({ kv }), new Locker({ kv }), new Locker({ kv, key })];
      assertEquals(await free.leader(), null);
      const before = await footprint(server);
      const lease = await holder.acquire();
      const wait = waiter.acquire().catch((error: unknown) => error);
      const observers = [holder, waiter, free].map(observing);
      await eventually("all to watch", async () => {
        const now = await footprint(server);
        return observers.every(({ seen }) => seen.length === 1) && now.consumers === consumers &&
          now.subscriptions > before.subscriptions;
      });
      const closing = [holder, waiter, free].map((locker) => locker.close());
      assertEquals([lease.held, lease.signal.aborted], [false, true]);
      await Promise.all(closing);
      const ends = await Promise.all([wait, ...observers.map(({ ended }) => ended)]);
      assert(ends[0] instanceof LockerClosedError, String(ends[0]));
      assertEquals(ends.slice(1), observers.map(() => undefined));
      assertEquals(await settled(server, before), before);
      assertEquals(await new Locker({ kv }).leader(), null);
    }));
}
