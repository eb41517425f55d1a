/** From the start of a program to its first lock. */

import type { Measured, Row } from "../figures.ts";
import type { PeerName } from "../peers/client.ts";
import { peersOf } from "../peers/services.ts";
import { rowOf } from "../sampling.ts";
import { Child } from "./child.ts";
import { addressesOf, type Place, scaled } from "./place.ts";

/** Connects, then acquires, in a process of its own each time. */
async function begin(place: Place, peer: PeerName): Promise<{ connect: number; acquire: number }> {
  await using child = new Child({
    peer,
    addresses: addressesOf(place.services),
    ttl: 15_000,
    order: { work: "start" },
  });
  const { connect = NaN, acquire = NaN } = await child.next();
  return { connect, acquire };
}

/** Times of the first connect and the first acquire. */
export async function start(place: Place): Promise<Measured> {
  place.say("start");
  const names = peersOf(place.services).map(({ name }) => name);
  const samples = new Map(names.map((name) => [name, { connect: [] as number[], acquire: [] as number[] }]));
  for (let round = 0; round < scaled(12, place); round++) {
    for (const name of names) {
      const { connect, acquire } = await begin(place, name);
      samples.get(name)?.connect.push(connect);
      samples.get(name)?.acquire.push(acquire);
    }
  }
  const rows = (of: "connect" | "acquire"): Row[] => [...samples].map(([name, all]) => rowOf(name, all[of]));
  return {
    tables: [
      {
        id: "start-connect",
        title: "Connect and open, in a new process",
        unit: "ms",
        base: "Locker",
        rows: rows("connect"),
      },
      { id: "start-acquire", title: "The first acquire after it", unit: "ms", base: "Locker", rows: rows("acquire") },
    ],
  };
}
