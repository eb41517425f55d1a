/** From the kill of a holder to the next grant, as a multiple of the lease length. */

import { elapse } from "../../tests/helpers/measure.ts";
import type { Measured, Row } from "../figures.ts";
import type { Peer } from "../peers/client.ts";
import { peersOf } from "../peers/services.ts";
import { rowOf } from "../sampling.ts";
import { Child } from "./child.ts";
import { addressesOf, type Place, scaled } from "./place.ts";

const TTL = 3000;
/** Longest time of one crash with its takeover and what is closed after it, in ms. */
const PATIENCE = 30_000;

/** Kills a holder some time after its grant. Resolves to the time until the waiter holds, over the lease length. */
async function crash(place: Place, peer: Peer, round: number): Promise<number> {
  const key = `crash-${round}`;
  const order = { work: "keep", key } as const;
  await using child = new Child({ peer: peer.name, addresses: addressesOf(place.services), ttl: TTL, order });
  await child.next();
  await using waiting = await peer.connect(TTL);
  const granted = waiting.client().acquire(key);
  // Long enough for a renewal, and anywhere within its period.
  await elapse(TTL * (1 + Math.random()));
  const killed = performance.now();
  child.destroy();
  const held = await granted;
  const took = (performance.now() - killed) / TTL;
  held.release().catch(() => {});
  return took;
}

/** Crashes, all libraries at the same time: they mostly wait. */
export async function takeover(place: Place): Promise<Measured> {
  place.say("takeover after a crash");
  // A lock of redlock's acquire() is not extended: its holder would have lost it before the crash.
  const peers = peersOf(place.services).filter(({ name }) => name !== "redlock");
  const rows: Row[] = [];
  const failed: string[] = [];
  await Promise.all(peers.map(async (peer) => {
    const samples: number[] = [];
    try {
      for (let round = 0; round < scaled(8, place); round++) {
        const took = await Promise.race([crash(place, peer, round), elapse(PATIENCE)]);
        if (took === undefined) throw new Error(`a crash was not over after ${PATIENCE / 1000} s`);
        samples.push(took);
      }
    } catch (error) {
      failed.push(`${peer.name} has ${samples.length} samples: ${(error as Error).message}.`);
    }
    if (samples.length > 0) rows.push(rowOf(peer.name, samples));
  }));
  rows.sort((a, b) => a.p50 - b.p50);
  const title = "From the kill of a holder to the next grant, as a multiple of the lease length of 3 s";
  const notes = [
    "redlock extends a lock only within `using()`, and is left out.",
    "The wait is shorter than a lease, since the lease counts from its last renewal.",
  ];
  return { tables: [{ id: "takeover", title, unit: "leases", rows, notes: [...notes, ...failed] }] };
}
