/** Pairs of acquire and release per second, and what a lock costs that is held or waited for. */

import type { Curve, Measured, Row, Series, Table } from "../figures.ts";
import { PEER_NAMES, type PeerName } from "../peers/client.ts";
import { peersOf } from "../peers/services.ts";
import { Child } from "./child.ts";
import { addressesOf, type Place, scaled } from "./place.ts";

const TTL = 30_000;
/** Requests under way in all processes together. */
const FLIGHTS = 64;
const KEYS = [1, 100, 10_000];
const PROCESSES = [1, 2, 4, 8];
const LOCKS = 10_000;

/** What is run at a time. */
interface Load {
  readonly peer: PeerName;
  readonly keys: number;
  readonly processes: number;
}

/** What came of a load. */
interface Rate {
  /** Pairs per second of all processes. */
  readonly pairs: number;
  /** Number of requests that failed. */
  readonly failed: number;
}

async function rate(place: Place, { peer, keys, processes }: Load): Promise<Rate> {
  const flights = FLIGHTS / processes;
  const order = { work: "pairs", keys, flights, length: scaled(3000, place) } as const;
  await using stack = new AsyncDisposableStack();
  const task = { peer, addresses: addressesOf(place.services), ttl: TTL, order };
  const children = Array.from({ length: processes }, () => stack.use(new Child(task)));
  await Promise.all(children.map((child) => child.next()));
  await Promise.all(children.map((child) => child.go()));
  const counts = await Promise.all(children.map((child) => child.next()));
  return {
    pairs: counts.reduce((sum, { count = 0, ms = NaN }) => sum + count / ms * 1000, 0),
    failed: counts.reduce((sum, { failed = 0 }) => sum + failed, 0),
  };
}

function namesOf(place: Place): PeerName[] {
  const present = new Set(peersOf({ ...place.services }).map(({ name }) => name));
  return PEER_NAMES.filter((name) => present.has(name));
}

/** Pairs over 1 to 10,000 keys and 1 to 8 processes. */
export async function throughput(place: Place): Promise<Measured> {
  const tables: Table[] = [];
  const overKeys = new Map<string, [number, number][]>();
  const overProcesses = new Map<string, [number, number][]>();
  for (const [processes, keys] of [...KEYS.map((keys) => [1, keys] as const), [8, 1], [8, 100], [8, 10_000]] as const) {
    const rows: Row[] = [];
    const notes: string[] = [];
    for (const peer of namesOf(place)) {
      place.say(`pairs over ${keys} keys in ${processes} processes: ${peer}`);
      const { pairs: p50, failed } = await rate(place, { peer, keys, processes });
      rows.push({ name: peer, p50, samples: 1 });
      if (p50 === 0) notes.push(`No pair of ${peer} was done in the time.`);
      if (failed > 0) notes.push(`${failed} requests of ${peer} failed and were tried again.`);
      if (processes === 1) pointsOf(overKeys, peer).push([keys, p50]);
    }
    const where = processes === 1 ? "one process" : `${processes} processes`;
    const title = `Acquire and release, ${keys.toLocaleString("en")} ${keys === 1 ? "key" : "keys"}, ${where}`;
    tables.push({
      id: `pairs-${keys}-${processes}`,
      title,
      unit: "pairs/s",
      base: "Locker",
      rising: true,
      rows,
      notes,
    });
  }
  for (const processes of PROCESSES) {
    for (const peer of namesOf(place)) {
      place.say(`pairs over 1,000 keys in ${processes} processes: ${peer}`);
      pointsOf(overProcesses, peer).push([processes, (await rate(place, { peer, keys: 1000, processes })).pairs]);
    }
  }
  const curves = [
    curve("pairs-keys", "Pairs per second, one process", { x: "keys", of: overKeys }),
    curve("pairs-processes", "Pairs per second, 1,000 keys", { x: "processes", of: overProcesses }),
  ];
  return { tables, curves };
}

function pointsOf(all: Map<string, [number, number][]>, name: string): [number, number][] {
  const points = all.get(name) ?? [];
  all.set(name, points);
  return points;
}

function curve(id: string, title: string, { x, of }: { x: string; of: Map<string, [number, number][]> }): Curve {
  const series: Series[] = [...of].map(([name, points]) => ({ name, points }));
  return { id, title, x, y: "pairs/s", series };
}

/** Costs of 10,000 locks held by one process and waited for by another. */
export async function crowds(place: Place): Promise<Measured> {
  const count = scaled(LOCKS, place);
  const held: Row[] = [];
  const waiting: Row[] = [];
  const busy: { held: Row[]; waiting: Row[] } = { held: [], waiting: [] };
  for (const peer of namesOf(place).filter((name) => name !== "redlock" && name !== "etcd3")) {
    place.say(`${count} locks held and waited for: ${peer}`);
    const child = (work: "hold" | "wait") => {
      const order = { work, count, length: scaled(6000, place) } as const;
      return new Child({ peer, addresses: addressesOf(place.services), ttl: TTL, order });
    };
    await using holder = child("hold");
    const holding = await holder.next();
    held.push({ name: peer, p50: (holding.bytes ?? NaN) / 1024, samples: 1 });
    busy.held.push({ name: peer, p50: holding.cpu ?? NaN, samples: 1 });
    await using waiter = child("wait");
    const waits = await waiter.next();
    waiting.push({ name: peer, p50: (waits.bytes ?? NaN) / 1024, samples: 1 });
    busy.waiting.push({ name: peer, p50: waits.cpu ?? NaN, samples: 1 });
  }
  const locks = count.toLocaleString("en");
  const table = (id: string, title: string, unit: string, rows: readonly Row[]): Table => ({ id, title, unit, rows });
  return {
    tables: [
      table("held-memory", `Memory in use by one of ${locks} held locks`, "kB", held),
      table("held-cpu", `Processor time per second of a process that holds ${locks} locks`, "ms", busy.held),
      table(
        "waiting-memory",
        `Memory in use by one of ${locks} requests that wait for locks of their own`,
        "kB",
        waiting,
      ),
      table("waiting-cpu", `Processor time per second of a process with ${locks} of them`, "ms", busy.waiting),
    ],
  };
}
