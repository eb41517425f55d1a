/** Acquire, refresh and release while nobody else wants the lock. */

import { jetstreamManager } from "@nats-io/jetstream";
import type { NatsConnection } from "@nats-io/nats-core";
import { elapse, sent, timed } from "../../tests/helpers/measure.ts";
import type { Measured, Row, Table } from "../figures.ts";
import { etcdLock } from "../peers/etcd.ts";
import { GoPeer } from "../peers/go.ts";
import { BUCKETS, type BucketShape, type Connect, overTcp, overWebsocket } from "../peers/natslock.ts";
import { redisSemaphore, redlock } from "../peers/redis.ts";
import { startApart, startCluster } from "../peers/services.ts";
import { inTurn, rowOf, type Sample, type Subject } from "../sampling.ts";
import { type Place, scaled } from "./place.ts";
import { ours, RAW, TTL } from "./subjects.ts";

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
  if (shape.replicas) await Promise.all([BUCKETS.locker, BUCKETS.manager].map((bucket) => leadHere(nc, bucket)));
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

/** Makes the server of the connection lead a bucket's stream. A leader elsewhere costs one more hop, by chance. */
async function leadHere(nc: NatsConnection, bucket: string): Promise<void> {
  const stream = `KV_${bucket}`;
  const here = nc.info?.server_name;
  const { streams } = await jetstreamManager(nc);
  for (let left = 40; (await streams.info(stream)).cluster?.leader !== here; left--) {
    if (left === 0) throw new Error(`"${here}" did not become the leader of "${stream}"`);
    await nc.request(`$JS.API.STREAM.LEADER.STEPDOWN.${stream}`, JSON.stringify({ placement: { preferred: here } }));
    await elapse(250);
  }
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
  const tcp = overTcp(`127.0.0.1:${nats.port}`);
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
