/** The check that needs the server for itself. */

import { Locker, newKeyValue } from "@x/natslock";
import type { NatsServer } from "../../tools/nats/server.ts";
import { withConnections } from "../helpers/nats.ts";
import { retried } from "../helpers/retried.ts";
import { expect, expectSame } from "../runtimes/expect.ts";

/** Lease length in milliseconds: enough for a server to be killed and started within it. */
const TTL = 4000;
const SLACK = 3000;

/** What {@linkcode survivesRestart} shows. */
export const RESTART = "restart: a killed server comes back with the lease, and ends it in time";

/** A record outlives its server, and runs out when its time is up: its own if it may have one, else the bucket's. */
export async function survivesRestart(server: NatsServer, isOwn: boolean): Promise<void> {
  const place = { servers: server.url, bucket: "restart", ttl: TTL };
  await withConnections(server.url, (nc) => newKeyValue(nc, place.bucket, isOwn ? 10 * TTL : TTL));
  await using holder = await Locker.open(place);
  await using another = await Locker.open(place);
  expectSame([await holder.ttl(), await holder.acquireLead()], [TTL, true], "ttl() and acquireLead()");
  const token = holder.token ?? Infinity;
  await server.restart();
  expectSame((await retried(() => another.leader()))?.token, token, "the leader's token after a restart");
  const lease = await another.acquire({ timeout: TTL + SLACK });
  expect(lease.token > token, "a takeover with a greater token");
}
