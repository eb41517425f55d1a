import { assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { type JetStreamManager, jetstreamManager, type StreamConfig } from "@nats-io/jetstream";
import { Kvm } from "@nats-io/kv";
import { nanos } from "@nats-io/nats-core";
import { BadParameterError, BucketConfigError, ConnectionError, newKeyValue } from "@x/natslock";
import { messagesOf, withServer } from "../helpers/nats.ts";

async function configOf(manager: JetStreamManager, bucket: string): Promise<StreamConfig> {
  return (await manager.streams.info(`KV_${bucket}`)).config;
}

Deno.test("newKeyValue() creates a bucket that is safe for locks", () =>
  withServer(async ({ nc }) => {
    await newKeyValue(nc, "locks", 2500);
    const config = await configOf(await jetstreamManager(nc), "locks");
    const { max_msgs_per_subject, max_age, deny_delete, allow_msg_ttl, republish, subject_delete_marker_ttl } = config;
    assertEquals(
      { max_msgs_per_subject, max_age, deny_delete, allow_msg_ttl, republish, subject_delete_marker_ttl },
      {
        max_msgs_per_subject: 1,
        max_age: nanos(2500),
        deny_delete: true,
        allow_msg_ttl: true,
        republish: { src: "$KV.locks.>", dest: "natslock.locks.>" },
        subject_delete_marker_ttl: undefined,
      },
    );
  }));

Deno.test("newKeyValue() opens a bucket that it created before, with the same lease length", () =>
  withServer(async ({ nc }) => {
    await newKeyValue(nc, "locks", 3000);
    const kv = await newKeyValue(nc, "locks", 3000);
    assertEquals((await kv.status()).ttl, 3000);
  }));

Deno.test("newKeyValue() returns an existing bucket with another lease length unchanged, and warns", () =>
  withServer(async ({ nc }) => {
    await newKeyValue(nc, "locks", 3000);
    const warnings: unknown[][] = [];
    const logger = { debug: () => {}, info: () => {}, warn: (...line: unknown[]) => warnings.push(line) };
    const kv = await newKeyValue(nc, "locks", 9000, { logger });
    assertEquals((await kv.status()).ttl, 3000);
    assertEquals(warnings.map(([, about]) => about), [{ bucket: "locks", asked: 9000, found: 3000 }]);
  }));

Deno.test("newKeyValue() called concurrently creates one bucket", () =>
  withServer(async ({ nc, connect }) => {
    const connections = [nc, await connect(), await connect()];
    const all = Array.from({ length: 12 }, (_, i) => newKeyValue(connections[i % 3] ?? nc, "locks", 3000 + (i % 2)));
    assertEquals((await Promise.all(all)).length, 12);
  }));

Deno.test("newKeyValue() refuses invalid names, lease lengths, replicas and connections without sending a message", () =>
  withServer(async ({ nc }) => {
    const calls: [field: string, call: () => Promise<unknown>][] = [
      ...["", "a b", "a.b", "*", ">", "a/b", "a".repeat(253)].map((name) =>
        ["name", () => newKeyValue(nc, name, 3000)] as [string, () => Promise<unknown>]
      ),
      ...[0, -1, NaN, Infinity, 50, "3s" as unknown as number].map((ttl) =>
        ["ttl", () => newKeyValue(nc, "locks", ttl)] as [string, () => Promise<unknown>]
      ),
      ["replicas", () => newKeyValue(nc, "locks", 3000, { replicas: 2 })],
      ["nc", () => newKeyValue(null as unknown as typeof nc, "locks", 3000)],
    ];
    const sent = await messagesOf(nc, async () => {
      for (const [field, call] of calls) {
        const error = await assertRejects(call, BadParameterError, `"${field}"`);
        assertEquals((error as BadParameterError).parameter, field);
      }
    });
    assertEquals(sent, 0);
  }));

const UNFIT: [setting: string, config: Partial<StreamConfig>][] = [
  ["max_msgs_per_subject", { max_msgs_per_subject: 5 }],
  ["max_age", { max_age: 0 }],
  ["subject_delete_marker_ttl", { allow_msg_ttl: true, subject_delete_marker_ttl: nanos(1000) }],
  ["discard", { discard: "old", max_bytes: 10_000 }],
];

for (const [setting, change] of UNFIT) {
  Deno.test(`newKeyValue() refuses an existing bucket whose ${setting} breaks safety, and names it`, () =>
    withServer(async ({ nc }) => {
      const manager = await jetstreamManager(nc);
      await manager.streams.add({
        name: "KV_locks",
        subjects: ["$KV.locks.>"],
        max_msgs_per_subject: 1,
        max_age: nanos(3000),
        discard: "new",
        ...change,
      });
      const error = await assertRejects(() => newKeyValue(nc, "locks", 3000), BucketConfigError);
      assertEquals([error.bucket, error.setting], ["locks", setting]);
      assertStringIncludes(error.message, setting);
    }));
}

Deno.test("newKeyValue() creates a bucket that allows roll-ups unless they are turned off", () =>
  withServer(async ({ nc }) => {
    const manager = await jetstreamManager(nc);
    for (const [name, options] of [["usual", {}], ["strict", { rollups: false }]] as const) {
      await newKeyValue(nc, name, 3000, options);
      assertEquals((await configOf(manager, name)).allow_rollup_hdrs, name === "usual", name);
    }
  }));

Deno.test("newKeyValue() with republish null creates a bucket that republishes nothing", () =>
  withServer(async ({ nc }) => {
    await newKeyValue(nc, "locks", 3000, { republish: null, storage: "memory" });
    const { republish, storage } = await configOf(await jetstreamManager(nc), "locks");
    assertEquals([republish, storage], [undefined, "memory"]);
  }));

Deno.test("newKeyValue() on a closed connection rejects with a ConnectionError", () =>
  withServer(async ({ connect }) => {
    const nc = await connect();
    await nc.close();
    const error = await assertRejects(() => newKeyValue(nc, "locks", 3000), ConnectionError);
    assertEquals(error.why, "closed");
  }));

Deno.test("A stream update adds republishing to a bucket created by another client, and the check accepts it", () =>
  withServer(async ({ nc }) => {
    await new Kvm(nc).create("locks", { ttl: 3000 });
    const manager = await jetstreamManager(nc);
    await manager.streams.update("KV_locks", { republish: { src: "$KV.locks.>", dest: "natslock.locks.>" } });
    const kv = await newKeyValue(nc, "locks", 3000);
    const told = Promise.withResolvers<string>();
    nc.subscribe("natslock.locks.>", { max: 1, callback: (_, message) => told.resolve(message.string()) });
    await kv.put("leader", "x");
    assertEquals(await told.promise, "x");
  }));
