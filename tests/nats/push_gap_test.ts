import { jetstreamManager } from "@nats-io/jetstream";
import type { NatsConnection } from "@nats-io/nats-core";
import { assert, assertEquals } from "@std/assert";
import { type Lease, Locker } from "@x/natslock";
import { begunWait, eventually, lone, sent } from "../helpers/measure.ts";
import { newKeyValue, withServer } from "../helpers/nats.ts";
import { RawPublisher, type WireRecord } from "../helpers/wire.ts";

/** Lease length in ms: so long that a client that only relies on its clock fails the tests. */
const TTL = 60_000;

const LATEST = 5_000;

const STRANGER = crypto.randomUUID();

/** Returns a republished change of the key like the server's: its revision, and the revision before it. */
const repeated = (revision: number, before: number): WireRecord => ({
  value: new TextEncoder().encode(STRANGER),
  headers: [
    ["Nats-Stream", "KV_locks"],
    ["Nats-Subject", "$KV.locks.leader"],
    ["Nats-Sequence", String(revision)],
    ["Nats-Last-Sequence", String(before)],
  ],
  mangled: null,
});

Deno.test("Locker.observe() reads the key when the pushed revisions have a gap, and shows only what the read found", () =>
  withServer(async ({ server, nc, connect }) => {
    using publisher = await RawPublisher.connect(server.port);
    const far = await connect();
    await using holder = new Locker({ kv: await newKeyValue(nc, "locks", TTL) });
    await using observer = new Locker({ kv: await newKeyValue(far, "locks", TTL) });
    const seen: (string | undefined)[] = [];
    const ended = (async () => {
      for await (const leader of observer.observe()) seen.push(leader?.holder);
    })().catch(() => {});
    await eventually("the observer to read", () => seen.length === 1);
    const lease = await holder.acquire();
    await eventually("the holder to be seen", () => seen.length === 2);
    const before = sent(far);
    await publisher.publish("natslock.locks.leader", repeated(lease.token + 9, lease.token + 8));
    await publisher.flush();
    // The reply to the ping arrives after the messages that were pushed before it.
    await far.flush();
    await eventually("the observer to read again", () => sent(far) > before, LATEST);
    await lease.release();
    await eventually("the release to be seen", () => seen.at(-1) === undefined, LATEST);
    assertEquals(seen, [undefined, holder.id, undefined]);
    await observer.close();
    await ended;
  }));

/** Deletes the bucket and re-creates it. */
async function makeAnew(nc: NatsConnection): Promise<void> {
  await (await jetstreamManager(nc)).streams.delete("KV_locks");
  await newKeyValue(nc, "locks", TTL);
}

Deno.test("Locker.acquire() reads the key when the pushed revisions go back, as in a re-created bucket", () =>
  withServer(async ({ nc, connect }) => {
    const far = await connect();
    const kv = await newKeyValue(nc, "locks", TTL);
    const holder = new Locker({ kv });
    // With these writes the revisions of the re-created bucket stay below those of the old one.
    for (let round = 0; round < 9; round++) await holder.acquireLead();
    const wait = await begunWait(lone(far, { kv: await newKeyValue(far, "locks", TTL) }));
    assert(await holder.acquireLead());
    let next: Lease | undefined;
    wait().then((lease) => next = lease, () => {});
    await makeAnew(nc);
    await using other = new Locker({ kv: await newKeyValue(nc, "locks", TTL) });
    await (await other.acquire()).release();
    await eventually("the grant in the re-created bucket", () => next?.held === true, LATEST);
    await next?.release();
    await holder.close();
  }));
