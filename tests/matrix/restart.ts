/** The check that needs a server of its own. */

import { Locker, newKeyValue } from "@x/natslock";
import type { NatsServer } from "../../tools/nats/server.ts";
import { withConnections } from "../helpers/nats.ts";
import { retried } from "../helpers/retried.ts";
import { expect, expectSame } from "../runtimes/expect.ts";

/** Lease length in milliseconds: long enough to kill and restart a server within it. */
const TTL = 4000;
const SLACK = 3000;

/** Title of {@linkcode survivesRestart}. */
export const RESTART = "restart: the lease survives a killed server and expires in time";

/**
 * A record survives its server and expires in time: after its own TTL if it can have one, otherwise after the bucket's.
 */
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
