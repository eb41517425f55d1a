/** The floor and natslock on one connection, to be measured in turn. */

import { jetstream } from "@nats-io/jetstream";
import { Kvm } from "@nats-io/kv";
import { headers, type NatsConnection } from "@nats-io/nats-core";
import { Locker, LockManager, newKeyValue } from "@x/natslock";
import { timed } from "../../tests/helpers/measure.ts";
import { BUCKETS, type BucketShape } from "../peers/natslock.ts";
import type { Sample, Subject } from "../sampling.ts";
import { bareLocker, bareManager } from "./bare.ts";

/** Lease length, in milliseconds: no lease is renewed while it is measured. */
export const TTL = 30_000;

/** The floor: what no lock on NATS can do with less. */
export const RAW = "raw compare-and-set publish";

/** One publish with an expected revision, on the connection of the others. */
function raw(nc: NatsConnection, bucket: string): Subject {
  const js = jetstream(nc);
  const payload = crypto.randomUUID();
  const subject = `$KV.${bucket}.raw-${payload}`;
  let revision = 0;
  const publish = async () => {
    const expect = { lastSubjectSequence: revision };
    revision = (await js.publish(subject, payload, { expect })).seq;
  };
  const release = async () => {
    const purge = headers();
    purge.set("KV-Operation", "PURGE");
    purge.set("Nats-Rollup", "sub");
    const options = { headers: purge, expect: { lastSubjectSequence: revision } };
    revision = (await js.publish(subject, "", options)).seq;
  };
  const sample = async () => ({
    acquire: await timed(publish),
    refresh: await timed(publish),
    release: await timed(release),
  });
  return { name: RAW, sample };
}

/** The calls of `@nats-io/kv` that a lock made by hand would use. */
async function bareKv(nc: NatsConnection, bucket: string): Promise<Subject> {
  const kv = await new Kvm(nc).open(bucket);
  const payload = crypto.randomUUID();
  const key = `kv-${payload}`;
  const sample = async () => {
    let revision = 0;
    return {
      acquire: await timed(async () => revision = await kv.create(key, payload)),
      refresh: await timed(async () => revision = await kv.update(key, payload, revision)),
      release: await timed(() => kv.purge(key, { previousSeq: revision })),
    };
  };
  return { name: "kv.create, update, purge", sample };
}

/** The floor, the bare messages, natslock and `@nats-io/kv`, on one connection. */
export async function ours(
  nc: NatsConnection,
  shape: BucketShape,
): Promise<{ subjects: Subject[]; close(): Promise<void> }> {
  const kv = await newKeyValue(nc, BUCKETS.locker, TTL, shape);
  const locker = new Locker({ kv, key: "alone" });
  const leaser = new Locker({ kv, key: "leased" });
  const locks = await LockManager.open({ nc, bucket: BUCKETS.manager, ttl: TTL, ...shape });
  const acquireLead = async (): Promise<Sample> => ({
    acquire: await timed(() => locker.acquireLead()),
    refresh: await timed(() => locker.acquireLead()),
    release: await timed(() => locker.releaseLead()),
  });
  const lease = async (): Promise<Sample> => {
    const start = performance.now();
    const held = await leaser.acquire();
    return { acquire: performance.now() - start, release: await timed(() => held.release()) };
  };
  const managed = async (): Promise<Sample> => {
    const start = performance.now();
    const lock = await locks.acquire("alone");
    return { acquire: performance.now() - start, release: await timed(() => lock.release()) };
  };
  const tickets = bareManager({ nc, bucket: BUCKETS.manager, ttl: TTL });
  const subjects = [
    raw(nc, BUCKETS.locker),
    bareLocker({ nc, bucket: BUCKETS.locker, ttl: TTL }),
    { name: "Locker.acquireLead()", sample: acquireLead },
    { name: "Locker.acquire()", sample: lease },
    tickets,
    { name: "LockManager.acquire()", sample: managed },
    await bareKv(nc, BUCKETS.locker),
  ];
  const close = async () => {
    tickets.close();
    await Promise.all([locker.close(), leaser.close(), locks.close()]);
  };
  return { subjects, close };
}
