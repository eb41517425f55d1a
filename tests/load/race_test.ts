import { assert, assertEquals } from "@std/assert";
import { NatsCluster } from "../../tools/nats/cluster.ts";
import { withConnections, withServer } from "../helpers/nats.ts";
import { getThenPut, lockers, patient, race } from "../helpers/race.ts";

const ROUNDS = 200;
const CANDIDATES = 50;
const ONE_WINNER_ALWAYS = new Map([[1, ROUNDS]]);

Deno.test("Locker.acquireLead() by 50 at once has one winner in each of 200 rounds, without an error", () =>
  withServer(async ({ nc, connect }) => {
    const connections = [nc, await connect(), await connect(), await connect(), await connect()];
    const result = await race({ rounds: ROUNDS, candidates: await lockers(connections, CANDIDATES, 1) });
    assertEquals([result.errors, result.winners], [[], ONE_WINNER_ALWAYS]);
  }));

Deno.test("Locker.acquireLead() by 50 at once has one winner in each of 200 rounds on three replicas", async () => {
  await using cluster = await NatsCluster.start();
  const [first = "", second, third] = cluster.urls;
  await withConnections(first, async (nc, connect) => {
    const connections = [nc, await connect(second), await connect(third), await connect(second), await connect(third)];
    const candidates = (await lockers(connections, CANDIDATES, 3)).map(patient);
    const result = await race({ rounds: ROUNDS, candidates });
    assertEquals([result.errors, result.winners], [[], ONE_WINNER_ALWAYS]);
  });
});

Deno.test("The race detects several winners when candidates use get, then put", () =>
  withServer(async ({ nc, connect }) => {
    const connections = [nc, await connect(), await connect(), await connect(), await connect()];
    const { winners } = await race({ rounds: 20, candidates: await getThenPut(connections, CANDIDATES) });
    assert(Math.max(...winners.keys()) > 1, JSON.stringify([...winners]));
  }));
