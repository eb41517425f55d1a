import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { Kvm } from "@nats-io/kv";
import { BadParameterError, BucketConfigError, Locker, newKeyValue } from "@x/natslock";
import { connectionError } from "../helpers/errors.ts";
import { withServer } from "../helpers/nats.ts";

Deno.test("Locker.open() connects and creates the bucket, and close() releases the lock", () =>
  withServer(async ({ server, nc }) => {
    const locker = await Locker.open({ servers: server.url, bucket: "locks", ttl: 3000, key: "mine", name: "me" });
    assertEquals([locker.name, locker.key, await locker.ttl()], ["locks", "mine", 3000]);
    assertEquals(await locker.acquireLead(), true);
    await locker.close();
    const kv = await newKeyValue(nc, "locks", 3000);
    assertEquals((await kv.get("mine"))?.length, 0);
  }));

Deno.test("Locker.open() on a connection of the user leaves it open after close()", () =>
  withServer(async ({ nc }) => {
    {
      await using locker = await Locker.open({ nc, bucket: "locks", ttl: 3000 });
      assertEquals(await locker.acquireLead(), true);
    }
    assert(!nc.isClosed());
  }));

Deno.test("Locker.open() gives a lock its own shorter lease length in a bucket that keeps records longer", () =>
  withServer(async ({ nc }) => {
    await newKeyValue(nc, "locks", 60_000);
    await using locker = await Locker.open({ nc, bucket: "locks", ttl: 2500 });
    assertEquals(await locker.ttl(), 2000);
  }));

/** Why the lease length does not fit, the bucket, the requested lease length, and a part of the message. */
const MISFITS: readonly (readonly [why: string, ownTtl: boolean, ttl: number, says: string])[] = [
  ["longer than the bucket keeps records", true, 60_000, '60000 ms: use a "ttl" of 1000 to 3000, or change the bucket'],
  [
    "shorter, in a bucket without own lease lengths",
    false,
    2000,
    '2000 ms: use a "ttl" of 3000 (a lock\'s own "ttl" needs "allow_msg_ttl", server 2.11; this is 2.15.1), or change',
  ],
  [
    "shorter than the shortest own lease length",
    true,
    500,
    '500 ms: use a "ttl" of 1000 to 3000, or change the bucket',
  ],
];

for (const [why, ownTtl, ttl, says] of MISFITS) {
  Deno.test(`Locker.open() refuses a lease length that the bucket does not support: ${why}`, () =>
    withServer(async ({ server, nc }) => {
      if (ownTtl) await newKeyValue(nc, "locks", 3000);
      else await new Kvm(nc).create("locks", { ttl: 3000 });
      const lines: string[] = [];
      const logger = { debug: () => {}, info: () => {}, warn: (line: string) => void lines.push(line) };
      const before = await connections(server);
      const open = () => Locker.open({ servers: server.url, bucket: "locks", ttl, logger });
      const error = await assertRejects(open, BucketConfigError, says);
      assertEquals([error.setting, lines, await connections(server)], ["max_age", [], before]);
    }));
}

Deno.test("Locker.open() accepts a fractional lease length when it creates a bucket and when it opens that bucket again", () =>
  withServer(async ({ nc }) => {
    for (const _ of ["makes", "opens"]) {
      await using locker = await Locker.open({ nc, bucket: "locks", ttl: 2000.3 });
      assertEquals(await locker.ttl(), 2000.3);
    }
  }));

Deno.test("Locker.open() refuses timing that does not fit the lease cut to whole seconds, and closes its connection", () =>
  withServer(async ({ server, nc }) => {
    await newKeyValue(nc, "locks", 60_000);
    const before = await connections(server);
    const timing = { renewEvery: 1500, margin: 100, requestTimeout: 200, retryEvery: 100 };
    const open = () => Locker.open({ servers: server.url, bucket: "locks", ttl: 2000 - 1, timing });
    await assertRejects(open, BadParameterError, '"renewEvery"');
    assertEquals(await connections(server), before);
  }));

Deno.test("Locker.open() without servers and connection rejects", async () => {
  await assertRejects(() => Locker.open({ bucket: "locks", ttl: 3000 }), BadParameterError, '"servers"');
});

Deno.test("Locker.open() refuses addresses that are not websocket addresses", async () => {
  const open = () => Locker.open({ servers: "nats://127.0.0.1:4222", bucket: "locks", ttl: 3000 });
  await assertRejects(open, BadParameterError, "nats://127.0.0.1:4222");
});

Deno.test("Locker.open() rejects when no server can be reached, and names the address", async () => {
  const connection = { timeout: 500, maxReconnectAttempts: 0 };
  const error = await connectionError(
    Locker.open({ servers: "ws://127.0.0.1:9", bucket: "locks", ttl: 3000, connection }),
  );
  assertEquals(error.why, "unavailable");
  assertStringIncludes(error.message, "ws://127.0.0.1:9");
});

Deno.test("Locker.open() closes its own connection if the bucket is refused", () =>
  withServer(async ({ server, nc }) => {
    await new Kvm(nc).create("plain", { history: 5, ttl: 3000 });
    const before = await connections(server);
    const open = () => Locker.open({ servers: server.url, bucket: "plain", ttl: 3000 });
    await assertRejects(open, BucketConfigError, "max_msgs_per_subject");
    await nc.flush();
    assertEquals(await connections(server), before);
  }));

Deno.test("Locker.open() refuses invalid parameters before it connects", async () => {
  const nowhere = "ws://127.0.0.1:9";
  await assertRejects(() => Locker.open({ servers: nowhere, bucket: "a.b", ttl: 3000 }), BadParameterError, '"name"');
  await assertRejects(() => Locker.open({ servers: nowhere, bucket: "locks", ttl: NaN }), BadParameterError, '"ttl"');
});

async function connections(server: { monitor(path: string): Promise<unknown> }): Promise<unknown> {
  return (await server.monitor("varz") as { connections: number }).connections;
}

Deno.test("Locker.open() names a remedy before it connects if the runtime has no WebSocket", async () => {
  const { WebSocket } = globalThis;
  Reflect.deleteProperty(globalThis, "WebSocket");
  try {
    const opening = Locker.open({ servers: "ws://127.0.0.1:1", bucket: "locks", ttl: 3000 });
    await assertRejects(() => opening, BadParameterError, "this runtime has no WebSocket; use Node 22");
  } finally {
    Object.assign(globalThis, { WebSocket });
  }
});
