import { assert, assertEquals, assertLessOrEqual } from "@std/assert";
import { Kvm } from "@nats-io/kv";
import type { NatsConnection } from "@nats-io/nats-core";
import fc from "fast-check";
import { type KvHandle, type Leadership, Locker, LockerClosedError } from "@x/natslock";
import { elapse, eventually } from "../helpers/measure.ts";
import { newKeyValue, withServer } from "../helpers/nats.ts";
import { SEED } from "../helpers/seed.ts";
import { RawPublisher, type WireRecord, wireRecord } from "../helpers/wire.ts";

const FORGED = 2_000;
const TTL = 2_000;
/**
 * Lease length in ms: so long that the holder does not renew while forged messages arrive. Otherwise a forged message
 * could have the revision of the next renewal.
 */
const LONG_TTL = 12_000;
const STRANGER = crypto.randomUUID();

type Open = (nc: NatsConnection) => Promise<KvHandle>;

/** The two ways to watch a bucket. */
const BUCKETS: readonly (readonly [how: string, open: Open])[] = [
  ["a bucket that republishes its changes", (nc) => newKeyValue(nc, "locks", TTL)],
  ["a bucket that is watched by a consumer", (nc) => new Kvm(nc).create("locks", { ttl: TTL })],
];

const record = (value: string, headers: WireRecord["headers"] = []): WireRecord => ({
  value: new TextEncoder().encode(value),
  headers,
  mangled: null,
});

const unreadable = (value: string): WireRecord => ({
  ...record(value),
  mangled: new TextEncoder().encode("NATS/1.0\r\nBad Name: x\r\n\r\n"),
});

/** Starts an observer. Returns what it saw last, and how it ended. */
function observing(locker: Locker): { last: () => Leadership | null | undefined; ended: Promise<unknown> } {
  let last: Leadership | null | undefined;
  const run = async () => {
    for await (const leader of locker.observe()) last = leader;
  };
  return { last: () => last, ended: run().catch((error: unknown) => error) };
}

/** The server's headers on a change of the key. A push without them is ignored. */
const OF_THE_KEY: WireRecord["headers"] = [["Nats-Stream", "KV_locks"], ["Nats-Subject", "$KV.locks.leader"]];

/** Forged messages with the server's headers: revisions near the true one, and impossible ones. */
const forged = fc.tuple(
  wireRecord,
  fc.oneof(
    fc.integer({ min: -2, max: 9 }).map(String),
    fc.constantFrom("9007199254740991", "9007199254740992", "x", ""),
  ),
  fc.oneof(fc.integer({ min: -2, max: 9 }).map(String), fc.constantFrom("9007199254740991", "NaN")),
).map(([any, revision, before]): WireRecord => ({
  ...any,
  headers: [...any.headers.slice(0, 3), ...OF_THE_KEY, ["Nats-Sequence", revision], ["Nats-Last-Sequence", before]],
}));

Deno.test(`${FORGED} forged pushes grant no lock, and observer and waiter end with the true state`, () =>
  withServer(async ({ server, nc, connect }) => {
    using publisher = await RawPublisher.connect(server.port);
    const kv = await newKeyValue(nc, "locks", LONG_TTL);
    const holder = new Locker({ kv });
    const lease = await holder.acquire();
    const far = await newKeyValue(await connect(), "locks", LONG_TTL);
    const [waiter, observer] = [new Locker({ kv: far }), new Locker({ kv: far })];
    let isIn = false;
    const wait = waiter.acquire().finally(() => isIn = true);
    const { last, ended } = observing(observer);
    await eventually("the observer to read", () => last()?.token === lease.token);
    for (const message of fc.sample(forged, { numRuns: FORGED, seed: SEED })) {
      await publisher.publish("natslock.locks.leader", message);
    }
    await publisher.flush();
    assertEquals([lease.held, isIn], [true, false], `seed ${SEED}`);
    await eventually(`the observer to see the holder again after seed ${SEED}`, () => last()?.token === lease.token);
    assertEquals([lease.held, isIn, (await observer.leader())?.token], [true, false, lease.token], `seed ${SEED}`);
    await lease.release();
    const next = await wait;
    assert(next.token > lease.token);
    await eventually(`the observer to end on the newest after seed ${SEED}`, () => last()?.token === next.token);
    await Promise.all([holder.close(), waiter.close(), observer.close()]);
    assertEquals(await ended, undefined);
  }));

for (const [how, open] of BUCKETS) {
  Deno.test(`A record with unreadable headers is seen by waiters and observers of ${how}, until it expires`, () =>
    withServer(async ({ server, nc }) => {
      using publisher = await RawPublisher.connect(server.port);
      const kv = await open(nc);
      const [waiter, observer] = [new Locker({ kv }), new Locker({ kv })];
      const { last, ended } = observing(observer);
      await eventually("the observer to read", () => last() === null);
      await publisher.publish("$KV.locks.leader", unreadable(STRANGER));
      await eventually("the stranger to be seen", () => last()?.holder === STRANGER);
      const lease = await waiter.acquire();
      assert(lease.held);
      await eventually("the observer to go on", () => last()?.token === lease.token);
      await Promise.all([waiter.close(), observer.close()]);
      assertEquals(await ended, undefined);
    }));
}

Deno.test("observe() returns to the true state after a forged holder with the longest lease, although nothing else changes", () =>
  withServer(async ({ server, nc }) => {
    using publisher = await RawPublisher.connect(server.port);
    await using locker = new Locker({ kv: await newKeyValue(nc, "locks", TTL) });
    const { last } = observing(locker);
    await eventually("the observer to read", () => last() === null);
    const longest = "9007199254740991";
    const lie = record(STRANGER, [...OF_THE_KEY, ["Natslock-Ttl", longest], ["Nats-Sequence", longest]]);
    await publisher.publish("natslock.locks.leader", lie);
    await eventually("the forged holder to be seen", () => last()?.holder === STRANGER);
    await eventually("the true state", () => last() === null);
  }));

Deno.test("A record that claims a lease length of 0 does not make waiters read without pause", () =>
  withServer(async ({ server, nc }) => {
    using publisher = await RawPublisher.connect(server.port);
    const kv = await newKeyValue(nc, "locks", 60_000);
    await publisher.publish("$KV.locks.leader", record(STRANGER, [["Natslock-Ttl", "0"]]));
    await publisher.flush();
    await using locker = new Locker({ kv });
    const wait = locker.acquire().catch((error: unknown) => error);
    const { last } = observing(locker);
    await eventually("the observer to read", () => last()?.holder === STRANGER);
    const before = nc.stats().outMsgs;
    await elapse(500);
    // Both the waiter and the observer request the age of the record (two messages), and then read at most once.
    assertLessOrEqual(nc.stats().outMsgs - before, 2 * 2 + 2);
    await locker.close();
    assert(await wait instanceof LockerClosedError);
  }));

Deno.test("A name and a meta with any characters are shown to others unchanged", () =>
  withServer(async ({ nc, connect }) => {
    await using locker = new Locker({
      kv: await newKeyValue(nc, "locks", TTL),
      name: "Łódź 工 🦊 : = \u2028 \ufeff.",
      meta: { "ключ\r\n": '🦊 \u0000 "quoted" \ud800', deep: [[{ a: -1.5e300 }]] },
    });
    assert(await locker.acquireLead());
    await using other = new Locker({ kv: await newKeyValue(await connect(), "locks", TTL) });
    const { name, meta } = await other.leader() as Leadership;
    assertEquals(name, "Łódź 工 🦊 : = \u2028 \ufeff.");
    assertEquals({ ...meta }, { "ключ\r\n": '🦊 \u0000 "quoted" \ud800', deep: [[{ a: -1.5e300 }]] });
  }));
