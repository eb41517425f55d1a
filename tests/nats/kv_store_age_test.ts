import { jetstreamManager } from "@nats-io/jetstream";
import { assert, assertEquals, assertGreater, assertGreaterOrEqual, assertLess } from "@std/assert";
import type { KvHandle } from "../../src/nats/kv_handle.ts";
import { storeOf } from "../../src/nats/kv_store.ts";
import type { LeaseStore, ReadOutcome } from "../../src/store/store.ts";
import { messagesOf, newKeyValue, withServer } from "../helpers/nats.ts";

const RECORD = {
  ...{ holder: "0b8ad0a6-2b3a-4b5e-9f5e-6a1d5a1c9e01", attempt: "instance.1", token: null, name: "" },
  ...{ since: 1_800_000_000_000, ttl: 5000, meta: {} },
};

const look = (store: LeaseStore, aged = true): Promise<ReadOutcome> => store.read("k", { timeout: 2000, aged });

async function stand(store: LeaseStore, expected = 0): Promise<void> {
  const { kind } = await store.write("k", { record: RECORD, expected, ttl: null, timeout: 2000 });
  assertEquals(kind, "applied");
}

function ageOf(outcome: ReadOutcome): number | undefined {
  assert(outcome.kind === "seen", JSON.stringify(outcome));
  return outcome.age;
}

Deno.test("KvStore.read() returns the age of a record by the server's clock", () =>
  withServer(async ({ nc }) => {
    const store = storeOf(await newKeyValue(nc, "locks", 5000));
    const sentAt = performance.now();
    await stand(store);
    const storedAt = performance.now();
    // Real time has to pass, so that the record grows older.
    await new Promise((resolve) => setTimeout(resolve, 300));
    const askedAt = performance.now();
    const age = ageOf(await look(store)) ?? NaN;
    const answeredAt = performance.now();
    // Both server times are truncated to whole milliseconds.
    assertGreaterOrEqual(age, askedAt - storedAt - 1);
    assertLess(age, answeredAt - sentAt + 1);
  }));

Deno.test("KvStore.read() asks for the age only if it is requested and there is a message", () =>
  withServer(async ({ nc }) => {
    const store = storeOf(await newKeyValue(nc, "locks", 5000));
    const cost = async (aged: boolean): Promise<[messages: number, hasAge: boolean]> => {
      let age: number | undefined;
      return [await messagesOf(nc, async () => age = ageOf(await look(store, aged))), age !== undefined];
    };
    assertEquals(await cost(true), [1, false]);
    await stand(store);
    assertEquals([await cost(false), await cost(true)], [[1, false], [2, true]]);
  }));

Deno.test("KvStore.read() with an age updates the settings", () =>
  withServer(async ({ nc }) => {
    const store = storeOf(await newKeyValue(nc, "locks", 5000));
    await stand(store);
    const { streams } = await jetstreamManager(nc);
    const { config } = await streams.info("KV_locks");
    await streams.update("KV_locks", { ...config, max_age: 9e9 });
    await look(store);
    const sent = await messagesOf(nc, async () => assertEquals((await store.settings()).ttl, 9000));
    assertEquals(sent, 0);
    await streams.update("KV_locks", { ...config, max_msgs_per_subject: 5 });
    assertGreater(ageOf(await look(store)) ?? -1, -1);
    const error = await store.settings().catch((error) => error);
    assertEquals([error.name, error.setting], ["BucketConfigError", "max_msgs_per_subject"]);
  }));

/** Returns a store on a connection that returns one record, and `info` to each request about the bucket. */
function storeTelling(info: (asked: number) => unknown): LeaseStore {
  let asked = 0;
  const bytes = (body: unknown) => new TextEncoder().encode(JSON.stringify(body));
  const request = (subject: string) => {
    const time = "2026-01-01T00:00:10.000000001Z";
    const message = { subject: "$KV.locks.k", seq: 7, data: btoa(RECORD.holder), time };
    const body = subject.includes(".MSG.GET.") ? { message } : info(asked++);
    if (body === null) return Promise.reject(Object.assign(new Error("timeout"), { name: "TimeoutError" }));
    return Promise.resolve({ data: bytes(body), json: () => body, headers: undefined });
  };
  const nc = { options: { inboxPrefix: "_INBOX" }, info: { version: "2.15.1" }, isClosed: () => false, request };
  return storeOf({ bucket: "locks", stream: "KV_locks", js: { nc } } as unknown as KvHandle);
}

const CONFIG = {
  ...{ name: "KV_locks", subjects: ["$KV.locks.>"], retention: "limits", discard: "new", num_replicas: 1 },
  ...{ max_msgs_per_subject: 1, max_msgs: -1, max_bytes: -1, max_age: 5e9 },
};

/** The server's reply about the bucket, without its time. */
const INFO = { config: CONFIG, created: "x", state: {} };

const TOLD: readonly (readonly [what: string, info: unknown, age: number | undefined])[] = [
  ["a later time", { ...INFO, ts: "2026-01-01T00:00:12.5Z" }, 2500],
  ["the same time", { ...INFO, ts: "2026-01-01T00:00:10.000000001Z" }, 0],
  ["an earlier time", { ...INFO, ts: "2026-01-01T00:00:09.5Z" }, undefined],
  ["no time", INFO, undefined],
  ["a text that is not a time", { ...INFO, ts: "noon" }, undefined],
  ["a refusal", { error: { code: 503, err_code: 10008, description: "no leader" } }, undefined],
  ["nothing", null, undefined],
];

for (const [what, info, age] of TOLD) {
  Deno.test(`KvStore.read() returns the record with ${age ?? "no"} age if the server replies with ${what}`, async () => {
    const outcome = await look(storeTelling(() => info));
    assert(outcome.kind === "seen" && outcome.keyState.kind === "held", JSON.stringify(outcome));
    assertEquals(outcome.age, age);
  });
}

Deno.test("KvStore.read() keeps the known settings if its request for the age fails", async () => {
  const store = storeTelling((asked) => asked === 0 ? INFO : null);
  const settings = await store.settings();
  await look(store);
  assertEquals(await store.settings() === settings, true);
});
