/** Acquire, refresh and release in a loop that does nothing else: what is left once all code is compiled. */

import type { Measured, Table } from "../figures.ts";
import { type Connect, overTcp, overWebsocket } from "../peers/natslock.ts";
import { startApart } from "../peers/services.ts";
import { inTurn } from "../sampling.ts";
import { type Place, scaled } from "./place.ts";
import { ours, RAW } from "./subjects.ts";

/** So few that no subject waits for a second: its last marker would be gone. */
const IN_A_ROW = 50;

async function measure(place: Place, line: { id: string; title: string; connect: Connect }): Promise<Table[]> {
  place.say(line.title);
  await using stack = new AsyncDisposableStack();
  const nc = stack.adopt(await line.connect(), (each) => each.close());
  const { subjects, close } = await ours(nc, {});
  stack.defer(close);
  const rounds = { rounds: scaled(60, place), warmUp: scaled(40, place), inARow: IN_A_ROW };
  const taken = await inTurn(subjects, rounds);
  return [...taken].map(([deed, rows]): Table => ({
    id: `${line.id}-${deed}`,
    title: `${line.title}: ${deed}`,
    unit: "ms",
    base: RAW,
    rows,
  }));
}

/** Measures on a server of its own, over a websocket and TCP. */
export async function loop(place: Place): Promise<Measured> {
  await using server = await startApart();
  const tcp = overTcp(`127.0.0.1:${server.port}`);
  const lines = [
    { id: "loop", title: "In a loop, one server, files, websocket", connect: overWebsocket(server.url) },
    { id: "loop-tcp", title: "In a loop, one server, files, TCP", connect: tcp },
  ];
  const tables: Table[] = [];
  for (const line of lines) tables.push(...await measure(place, line));
  return { tables };
}
