/** Acquire, refresh and release while nobody else wants the lock. */

import { jetstream } from "@nats-io/jetstream";
import type { NatsConnection } from "@nats-io/nats-core";
import { connect as connectTcp } from "@nats-io/transport-node";
import { headers } from "@nats-io/nats-core";
import { Kvm } from "@nats-io/kv";
import { Locker, LockManager, newKeyValue } from "@x/natslock";
import { sent, timed } from "../../tests/helpers/measure.ts";
import type { Measured, Row, Table } from "../figures.ts";
import { etcdLock } from "../peers/etcd.ts";
import { GoPeer } from "../peers/go.ts";
import { BUCKETS, type BucketShape, type Connect, overWebsocket } from "../peers/natslock.ts";
import { redisSemaphore, redlock } from "../peers/redis.ts";
import { startApart, startCluster } from "../peers/services.ts";
import { inTurn, rowOf, type Sample, type Subject } from "../sampling.ts";
import { bareLocker, bareManager } from "./bare.ts";
import { type Place, scaled } from "./place.ts";

const TTL = 30_000;
/** The floor: what no lock on NATS can do with less. */
const RAW = "raw compare-and-set publish";

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

/** Own subjects, on one connection. */
async function ours(nc: NatsConnection, shape: BucketShape): Promise<{ subjects: Subject[]; close(): Promise<void> }> {
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

/** The libraries on other servers, and the way of the Go package. */
async function others({ services, say }: Place, stack: AsyncDisposableStack): Promise<Subject[]> {
  const subjects: Subject[] = [];
  for (const peer of services.redis === null ? [] : [redlock(services.redis), redisSemaphore(services.redis)]) {
    const client = stack.use(await peer.connect(TTL)).client();
    const sample = async (): Promise<Sample> => {
      const start = performance.now();
      const held = await client.acquire("alone");
      const acquire = performance.now() - start;
      const refresh = held.refresh ? { refresh: await timed(() => held.refresh?.() ?? Promise.resolve()) } : {};
      return { acquire, ...refresh, release: await timed(() => held.release()) };
    };
    subjects.push({ name: `${peer.name} (Redis in memory)`, sample });
  }
  if (services.etcd !== null) {
    const lock = stack.adopt(etcdLock(services.etcd), (each) => each.close());
    const sample = async (): Promise<Sample> => {
      const start = performance.now();
      const held = await lock.acquire("alone");
      return { acquire: performance.now() - start, release: await timed(() => held.release()) };
    };
    subjects.push({ name: "etcd3 lock (etcd, synced writes)", sample });
  }
  try {
    const folder = stack.adopt(await Deno.makeTempDir(), (path) => Deno.remove(path, { recursive: true }));
    const go = stack.use(await GoPeer.start(folder, { port: services.nats.port, bucket: BUCKETS.locker }));
    subjects.push({ name: "get, then put (Go, not safe)", sample: async () => ({ ...await go.round() }) });
  } catch (error) {
    say(`without Go: ${(error as Error).message}`);
  }
  return subjects;
}

interface Setup {
  readonly id: string;
  readonly title: string;
  readonly connect: Connect;
  readonly shape: BucketShape;
  readonly more?: (stack: AsyncDisposableStack) => Promise<Subject[]>;
}

async function measure(place: Place, { id, title, connect, shape, more }: Setup): Promise<Table[]> {
  place.say(title);
  await using stack = new AsyncDisposableStack();
  const nc = stack.adopt(await connect(), (line) => line.close());
  const { subjects, close } = await ours(nc, shape);
  stack.defer(close);
  const all = [...subjects, ...await more?.(stack) ?? []];
  const taken = await inTurn(all, { rounds: scaled(400, place), warmUp: scaled(80, place) });
  const tables = [...taken].map(([deed, rows]): Table => ({
    id: `${id}-${deed}`,
    title: `${title}: ${deed}`,
    unit: "ms",
    base: RAW,
    rows,
  }));
  return more ? [...tables, await messagesOf(nc, subjects)] : tables;
}

/** Counts what each subject sends for one acquire, refresh (where it has one) and release. */
async function messagesOf(nc: NatsConnection, subjects: readonly Subject[]): Promise<Table> {
  const rows: Row[] = [];
  for (const { name, sample } of subjects) {
    const counts: number[] = [];
    let deeds = "";
    while (counts.length < 20) {
      const before = sent(nc);
      deeds = Object.keys(await sample()).join(", ");
      counts.push(sent(nc) - before);
    }
    rows.push(rowOf(`${name}: ${deeds}`, counts));
  }
  return { id: "alone-messages", title: "Messages that are sent", unit: "messages", rows };
}

/** Measures on one server and on three, over a websocket and TCP, with files and memory. */
export async function alone(place: Place): Promise<Measured> {
  const { nats } = place.services;
  const websocket = overWebsocket(nats.url);
  const tables = await measure(place, {
    id: "alone",
    title: "One server, files, websocket",
    connect: websocket,
    shape: {},
    more: (stack) => others(place, stack),
  });
  const tcp = async () => await connectTcp({ servers: `127.0.0.1:${nats.port}` }) as unknown as NatsConnection;
  tables.push(...await measure(place, { id: "alone-tcp", title: "One server, files, TCP", connect: tcp, shape: {} }));
  {
    await using apart = await startApart();
    const connect = overWebsocket(apart.url);
    const title = "One server, memory, websocket";
    tables.push(...await measure(place, { id: "alone-memory", title, connect, shape: { storage: "memory" } }));
  }
  await using cluster = await startCluster();
  const connect = overWebsocket(cluster.urls[0] ?? "");
  const title = "Three servers, files, websocket";
  tables.push(...await measure(place, { id: "alone-three", title, connect, shape: { replicas: 3 } }));
  return { tables };
}
