/** From a release to the next grant, and from a crash to the next grant. */

import { wsconnect } from "@nats-io/nats-core";
import { newKeyValue } from "@x/natslock";
import { bareHandOver } from "../../tests/helpers/bare_hand_over.ts";
import { elapse, timed } from "../../tests/helpers/measure.ts";
import type { Curve, Measured, Row, Table } from "../figures.ts";
import type { Client, Connection, Held, Peer } from "../peers/client.ts";
import { BUCKETS } from "../peers/natslock.ts";
import { peersOf } from "../peers/services.ts";
import { REST, rowOf } from "../sampling.ts";
import { type Place, scaled } from "./place.ts";

/** Long enough that no lease has to be extended while a table is measured. */
const TTL = 120_000;
const CONNECTIONS = 10;
const CROWDS = [1, 10, 100, 1000];
const BARE = "publish, push, publish";

/** Waiters for one lock. Each that is granted is replaced. */
class Crowd {
  readonly #clients: readonly Client[];
  readonly #key: string;
  #granted = Promise.withResolvers<{ held: Held; by: Client }>();

  constructor(connections: readonly Connection[], key: string, size: number) {
    this.#key = key;
    this.#clients = Array.from({ length: size + 1 }, (_, at) => {
      const connection = connections[at % connections.length];
      if (connection === undefined) throw new Error("there is no connection");
      return connection.client();
    });
  }

  /** The first client takes the lock, all others wait. Resolves when it holds. */
  async begin(): Promise<{ held: Held; by: Client }> {
    const [first, ...others] = this.#clients;
    if (first === undefined) throw new Error("there is no client");
    const held = await first.acquire(this.#key);
    for (const client of others) this.wait(client);
    return { held, by: first };
  }

  wait(client: Client): void {
    // At the end the connections close under those who wait.
    client.acquire(this.#key).then((held) => this.#granted.resolve({ held, by: client }), () => {});
  }

  /** Resolves at the next grant after this call. */
  next(): Promise<{ held: Held; by: Client }> {
    this.#granted = Promise.withResolvers();
    return this.#granted.promise;
  }
}

/** Samples of one library and, in turn with them, of the bare messages. */
async function handOvers(place: Place, peer: Peer, size: number, bare: () => Promise<number>) {
  await using stack = new AsyncDisposableStack();
  const connections: Connection[] = [];
  for (let left = Math.min(CONNECTIONS, size + 1); left > 0; left--) {
    connections.push(stack.use(await peer.connect(TTL)));
  }
  const crowd = new Crowd(connections, `hand-over-${size}`, size);
  let holder = await crowd.begin();
  await elapse(500 + size);
  const samples: number[] = [];
  const floor: number[] = [];
  const rounds = scaled(size === 1000 ? 40 : 100, place);
  const warmUp = scaled(10, place);
  for (let round = 0; round < warmUp + rounds; round++) {
    const floored = await bare();
    // A poll finds the release anywhere between two tries.
    await elapse(20 + Math.random() * 200);
    const next = crowd.next();
    const took = await timed(() => (void holder.held.release(), next));
    if (round >= warmUp) {
      samples.push(took);
      floor.push(floored);
    }
    const { by } = holder;
    holder = await next;
    crowd.wait(by);
  }
  void holder.held.release().catch(() => {});
  return { row: rowOf(peer.name, samples), floor };
}

/** Hand-overs with 1 to 1,000 waiters. */
export async function handOver(place: Place): Promise<Measured> {
  const { services, say } = place;
  await using stack = new AsyncDisposableStack();
  const giver = stack.adopt(await wsconnect({ servers: services.nats.url }), (nc) => nc.close());
  const taker = stack.adopt(await wsconnect({ servers: services.nats.url }), (nc) => nc.close());
  await newKeyValue(giver, BUCKETS.locker, TTL);
  const bare = await bareHandOver(giver, taker, { bucket: BUCKETS.locker, rest: REST });
  const tables: Table[] = [];
  for (const size of CROWDS) {
    const rows: Row[] = [];
    const floors: number[] = [];
    for (const peer of peersOf(services)) {
      say(`hand-over with ${size} waiting: ${peer.name}`);
      const { row, floor } = await handOvers(place, peer, size, bare);
      rows.push({ ...row, name: `${peer.name} (${peer.waits})` });
      floors.push(...floor);
    }
    tables.push({
      id: `hand-over-${size}`,
      title: `From release to the next grant, ${size.toLocaleString("en")} waiting`,
      unit: "ms",
      base: BARE,
      rows: [rowOf(BARE, floors), ...rows],
    });
  }
  return { tables, curves: [curveOf(tables)] };
}

function curveOf(tables: readonly Table[]): Curve {
  const names = tables[0]?.rows.map(({ name }) => name) ?? [];
  return {
    id: "hand-over",
    title: "From release to the next grant, p50",
    x: "waiters",
    y: "ms",
    series: names.map((name) => ({
      name,
      points: tables.map(({ rows }, at) => [CROWDS[at] ?? 0, rows.find((row) => row.name === name)?.p50 ?? NaN]),
    })),
  };
}
