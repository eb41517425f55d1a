import { jetstreamManager } from "@nats-io/jetstream";
import { wsconnect } from "@nats-io/nats-core";
import { BadParameterError, type BucketOptions, ConnectionError, Locker, newKeyValue } from "@x/natslock";
import { assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { NatsServer } from "../../tools/nats/server.ts";
import { messagesOf, withServer } from "../helpers/nats.ts";

Deno.test("newKeyValue() and Locker.open() create a bucket with the requested limit, description and metadata", () =>
  withServer(async ({ nc }) => {
    const options = { maxBytes: 4096, description: "locks of team x", metadata: { team: "x" } };
    await newKeyValue(nc, "one", 3000, options);
    await (await Locker.open({ nc, bucket: "two", ttl: 3000, ...options })).close();
    const manager = await jetstreamManager(nc);
    for (const bucket of ["one", "two"]) {
      const { max_bytes, description, metadata } = (await manager.streams.info(`KV_${bucket}`)).config;
      assertEquals([max_bytes, description, metadata?.team], [4096, "locks of team x", "x"], bucket);
    }
  }));

Deno.test("newKeyValue() requests the given placement", () =>
  withServer(async ({ nc }) => {
    const placement = { cluster: "here", tags: ["ssd"] };
    const asked = Promise.withResolvers<unknown>();
    const observer = nc.subscribe("$JS.API.STREAM.CREATE.>", {
      max: 1,
      callback: (_, message) => asked.resolve(message.json<{ placement: unknown }>().placement),
    });
    await newKeyValue(nc, "locks", 3000, { placement }).catch(() => {});
    assertEquals(await asked.promise, placement);
    observer.unsubscribe();
  }));

const BAD: readonly (readonly [field: keyof BucketOptions, value: unknown])[] = [
  ...[0, -1, 1.5, NaN, Infinity, "4096", null, 300].map((value) => ["maxBytes", value] as const),
  ...[7, null, {}].map((value) => ["description", value] as const),
  ...[null, { team: 7 }, [1]].map((value) => ["metadata", value] as const),
  ...[null, { cluster: 7 }, { tags: "ssd" }, { tags: [7] }].map((value) => ["placement", value] as const),
];

Deno.test("newKeyValue() refuses invalid limits, texts and placements without sending a message", () =>
  withServer(async ({ nc }) => {
    const sent = await messagesOf(nc, async () => {
      for (const [field, value] of BAD) {
        const call = () => newKeyValue(nc, "locks", 3000, { [field]: value });
        const error = await assertRejects(call, BadParameterError, `"${field}"`);
        assertEquals((error as BadParameterError).parameter, field, JSON.stringify(value));
      }
    });
    assertEquals(sent, 0);
  }));

Deno.test('newKeyValue() says to set "maxBytes" if the account requires a limit, and works with it', async () => {
  const limits = "max_mem: 10M, max_file: 10M, max_streams: 2, max_bytes_required: true";
  const config = `accounts { A { jetstream: { ${limits} }, users: [{ user: a, password: a }] } }`;
  await using server = await NatsServer.start({ config });
  const nc = await wsconnect({ servers: server.url, user: "a", pass: "a" });
  try {
    const error = await assertRejects(() => newKeyValue(nc, "locks", 3000), ConnectionError, 'set "maxBytes"');
    assertEquals([error.why, error.transient], ["refused", false]);
    const kv = await newKeyValue(nc, "locks", 3000, { maxBytes: 1_000_000 });
    await new Locker({ kv }).run((lease) => assertEquals(lease.held, true));
    const over = () => newKeyValue(nc, "large", 3000, { maxBytes: 20_000_000 });
    assertStringIncludes((await assertRejects(over, ConnectionError)).message, "(10047): give JetStream more storage");
    await newKeyValue(nc, "second", 3000, { maxBytes: 1000 });
    const third = await assertRejects(() => newKeyValue(nc, "third", 3000, { maxBytes: 1000 }), ConnectionError);
    assertStringIncludes(third.message, "(10027): raise the limits of the account");
  } finally {
    await nc.close();
  }
});

Deno.test("newKeyValue() names the remedy if replicas are requested from a server without a cluster", () =>
  withServer(async ({ nc }) => {
    const error = await assertRejects(() => newKeyValue(nc, "locks", 3000, { replicas: 3 }), ConnectionError);
    assertEquals(error.why, "refused");
    assertStringIncludes(error.message, '(10074): change "replicas"');
  }));
