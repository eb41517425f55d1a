import { type NatsConnection, wsconnect } from "@nats-io/nats-core";
import { assertEquals, assertStringIncludes } from "@std/assert";
import { Locker } from "@x/natslock";
import { NatsServer } from "../../tools/nats/server.ts";
import { connectionError } from "../helpers/errors.ts";
import { messagesOf, newKeyValue } from "../helpers/nats.ts";

/** Lease length in ms: so long that no lease ends during a test. */
const TTL = 60_000;

const ASKS_LEADER = "$JS.API.STREAM.MSG.GET.KV_locks";
const ASKS_COPIES = "$JS.API.DIRECT.GET.KV_locks.>";

/** Runs a body with a user that may do everything except read a record from the stream leader. */
async function withoutLeader(
  body: (nc: NatsConnection, copiesAsked: () => Promise<number>) => Promise<void>,
): Promise<void> {
  const rights = `permissions: { publish: { deny: "${ASKS_LEADER}" } }`;
  const config = `authorization { users: [ { user: u, password: p, ${rights} } ] }`;
  await using server = await NatsServer.start({ config });
  const login = { servers: server.url, user: "u", pass: "p" };
  const [nc, listener] = [await wsconnect(login), await wsconnect(login)];
  let asked = 0;
  listener.subscribe(ASKS_COPIES, { callback: () => void asked++ });
  const copiesAsked = async () => {
    await listener.flush();
    return asked;
  };
  await copiesAsked();
  try {
    await body(nc, copiesAsked);
  } finally {
    await Promise.all([nc.close(), listener.close()]);
  }
}

Deno.test("Locker.leader() reads from any replica if the leader is denied, but only until this candidate has written", () =>
  withoutLeader(async (nc, copiesAsked) => {
    await using locker = new Locker({ kv: await newKeyValue(nc, "locks", TTL) });
    assertEquals(await locker.leader(), null);
    // A read that was denied once is not tried again.
    assertEquals(await messagesOf(nc, () => locker.leader()), 1);
    assertEquals(await copiesAsked(), 2);
    // A write that is granted needs no read.
    assertEquals(await locker.acquireLead(), true);
    const error = await connectionError(locker.leader());
    assertEquals([error.why, await copiesAsked()], ["denied", 2]);
    assertStringIncludes(error.message, ASKS_LEADER);
  }));

Deno.test("Locker.acquireLead() that meets a holder does not read from any replica, although earlier reads did", () =>
  withoutLeader(async (nc, copiesAsked) => {
    const kv = await newKeyValue(nc, "locks", TTL);
    await using holder = new Locker({ kv });
    assertEquals(await holder.leader(), null);
    assertEquals(await holder.acquireLead(), true);
    await using other = new Locker({ kv });
    assertEquals((await connectionError(other.acquireLead())).why, "denied");
    assertEquals(await copiesAsked(), 1);
  }));
