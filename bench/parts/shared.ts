/** Shared locks, limits, and several locks at once. */

import { timed } from "../../tests/helpers/measure.ts";
import type { Measured, Row, Table } from "../figures.ts";
import type { SeveralClient, SharedClient } from "../peers/client.ts";
import { peersOf } from "../peers/services.ts";
import { rowOf } from "../sampling.ts";
import { type Place, scaled } from "./place.ts";

const TTL = 60_000;
const READERS = 100;
const WORKERS = 100;
const LIMIT = 5;
const SEVERAL = Array.from({ length: 10 }, (_, at) => `several-${at}`);

type Rich = Awaited<ReturnType<ReturnType<typeof peersOf>[number]["connect"]>>;

/** Times of one library, by the ID of the table. */
type Times = Map<string, Row>;

async function repeated(name: string, times: number, once: () => Promise<number>): Promise<Row> {
  const samples: number[] = [];
  await once();
  for (let left = times; left > 0; left--) samples.push(await once());
  return rowOf(name, samples);
}

/** 100 readers wait for a writer. From its release until all of them hold. */
async function readers(connection: Rich & SharedClient): Promise<number> {
  const writer = await connection.client().acquire("book");
  const all = Array.from({ length: READERS }, () => connection.acquireShared("book", READERS));
  await new Promise((resolve) => setTimeout(resolve, 300));
  const took = await timed(async () => {
    await writer.release();
    await Promise.all(all);
  });
  await Promise.all(all.map(async (held) => (await held).release()));
  return took;
}

/** 100 workers go one by one through a lock that admits five. */
function limited({ acquireShared }: SharedClient): Promise<number> {
  return timed(() =>
    Promise.all(Array.from({ length: WORKERS }, async () => (await acquireShared("gate", LIMIT)).release()))
  );
}

/** Ten locks at once, all or none. */
function several({ acquireAll }: SeveralClient): Promise<number> {
  return timed(async () => (await acquireAll(SEVERAL)).release());
}

async function timesOf(place: Place, peer: ReturnType<typeof peersOf>[number]): Promise<Times> {
  await using connection = await peer.connect(TTL);
  const times: Times = new Map();
  const { acquireShared, acquireAll } = connection;
  if (acquireShared) {
    if (peer.name === "LockManager") {
      times.set(
        "readers",
        await repeated(peer.name, scaled(10, place), () => readers({ ...connection, acquireShared })),
      );
    }
    times.set("limit", await repeated(peer.name, scaled(5, place), () => limited({ acquireShared })));
  }
  if (acquireAll) times.set("several", await repeated(peer.name, scaled(100, place), () => several({ acquireAll })));
  return times;
}

const TITLES = {
  readers: `From the release of a writer until ${READERS} readers hold`,
  limit: `${WORKERS} workers through a lock that admits ${LIMIT}`,
  several: `Ten locks at once: acquire and release`,
} as const;

/** Measures the libraries that have these kinds of locks. */
export async function shared(place: Place): Promise<Measured> {
  const found = new Map<string, Row[]>();
  for (const peer of peersOf(place.services)) {
    place.say(`shared locks: ${peer.name}`);
    for (const [id, row] of await timesOf(place, peer)) found.set(id, [...found.get(id) ?? [], row]);
  }
  const tables = Object.entries(TITLES).map(([id, title]): Table => ({
    id,
    title,
    unit: "ms",
    base: "LockManager",
    rows: found.get(id) ?? [],
  }));
  return { tables };
}
