/** Tests of many waiters in several processes on real servers. */

import { assertEquals } from "@std/assert";
import { LockManager } from "@x/natslock";
import { NatsCluster } from "../../tools/nats/cluster.ts";
import { eventually } from "../helpers/measure.ts";
import { withConnections } from "../helpers/nats.ts";
import { WorkerProcess } from "./worker_process.ts";

const TTL = 5000;
const PROCESSES = 4;
const WAITERS = 200;

let cluster: NatsCluster | null = null;

Deno.test.beforeAll(async () => {
  cluster = await NatsCluster.start();
});

Deno.test.afterAll(async () => {
  await cluster?.stop();
});

const rising = (tokens: readonly number[]): number[] => [...tokens].sort((one, other) => one - other);

Deno.test("LockManager grants 200 waiters of 4 processes in the order of their places, with nobody at the same time", async () => {
  const about = { servers: cluster?.urls ?? [], bucket: "queue", ttl: TTL };
  const file = await Deno.makeTempFile();
  const starting: Promise<WorkerProcess>[] = [];
  await using locks = await LockManager.open({ ...about, replicas: 3 });
  const first = await locks.acquire("a");
  for (let left = PROCESSES; left > 0; left--) starting.push(WorkerProcess.start(about));
  const workers = await Promise.all(starting);
  await using _ = {
    [Symbol.asyncDispose]: async () => {
      await Promise.all(workers.map((worker) => worker[Symbol.asyncDispose]()));
      await Deno.remove(file);
    },
  };
  // One order to each in turn: the places of the processes are mixed.
  for (let left = WAITERS / PROCESSES; left > 0; left--) {
    for (const worker of workers) worker.acquire({ name: "a", file });
  }
  await eventually("all to wait", async () => (await locks.query()).pending.length === WAITERS);
  const places = (await locks.query()).pending.map(({ token }) => token);
  await first.release();
  const last = await locks.acquire("a");
  const granted = (await Deno.readTextFile(file)).trim().split("\n").map(Number);
  assertEquals(granted, places);
  assertEquals(rising([...granted, last.token]), [...granted, last.token]);
});

Deno.test("LockManager on three servers loses no hand-over while the leader steps down and waiters wait", async () => {
  const urls = cluster?.urls ?? [];
  const about = { bucket: "steps", ttl: TTL, replicas: 3 } as const;
  await withConnections(urls[0] ?? "", async (nc) => {
    const members = await Promise.all(urls.map((servers) => LockManager.open({ ...about, servers })));
    const granted: number[] = [];
    const hold = async ({ token }: { token: number }) => {
      granted.push(token);
      // The next hand-over meets the election.
      if (granted.length % 10 === 5) await nc.request("$JS.API.STREAM.LEADER.STEPDOWN.KV_steps");
    };
    try {
      await Promise.all(Array.from({ length: 60 }, (_, index) => members[index % members.length]?.request("a", hold)));
      assertEquals(granted, rising(granted));
      assertEquals(granted.length, 60);
    } finally {
      await Promise.all(members.map((member) => member.close()));
    }
  });
});
