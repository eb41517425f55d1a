import { type JetStreamManager, jetstreamManager, type StreamConfig } from "@nats-io/jetstream";
import type { NatsConnection } from "@nats-io/nats-core";
import { BucketConfigError, ConnectionError, Locker, newKeyValue } from "@x/natslock";
import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { storeOf } from "../../src/nats/kv_store.ts";
import { recordSize } from "../../src/store/record.ts";
import type { LeaseStore, WriteOutcome } from "../../src/store/store.ts";
import { withServer } from "../helpers/nats.ts";

const RECORD = {
  ...{
    holder: "0b8ad0a6-2b3a-4b5e-9f5e-6a1d5a1c9e01",
    attempt: "0b8ad0a6-2b3a-4b5e-9f5e-6a1d5a1c9e01.999999",
    token: null,
    name: "",
  },
  ...{ since: 1_800_000_000_000, ttl: 3000, meta: {} },
};
/** Bytes that the server counts for a record under a key of one letter. */
const STORED = recordSize(RECORD, null) + "$KV.locks.k".length + 34;

/** Returns the store of a bucket whose settings were changed after the store had read them. */
async function edited(nc: NatsConnection, changes: Partial<StreamConfig>): Promise<LeaseStore> {
  const store = storeOf(await newKeyValue(nc, "locks", 3000));
  await edit(await jetstreamManager(nc), changes);
  return store;
}

async function edit(manager: JetStreamManager, changes: Partial<StreamConfig>): Promise<void> {
  const { config } = await manager.streams.info("KV_locks");
  await manager.streams.update("KV_locks", { ...config, ...changes });
}

const write = (store: LeaseStore, key: string): Promise<WriteOutcome> =>
  store.write(key, { record: RECORD, expected: 0, ttl: null, timeout: 2000 });

/** Returns the error of a write that was certainly not stored. */
async function failureOf(store: LeaseStore, key: string): Promise<ConnectionError> {
  const outcome = await write(store, key);
  assert(outcome.kind === "failed" && outcome.error instanceof ConnectionError, JSON.stringify(outcome));
  return outcome.error;
}

const FULL: readonly (readonly [changes: Partial<StreamConfig>, said: string])[] = [
  [{ max_bytes: STORED }, `max_bytes ${STORED}; raise it (nats stream edit KV_locks --max-bytes=${2 * STORED})`],
  [{ max_msgs: 1 }, "max_msgs 1; raise it (nats stream edit KV_locks --max-msgs=2)"],
];

for (const [changes, said] of FULL) {
  const what = Object.keys(changes).join();
  Deno.test(`KvStore reports a bucket that is full by ${what} as a transient error, with the limit`, () =>
    withServer(async ({ nc }) => {
      const store = await edited(nc, changes);
      assertEquals((await write(store, "k")).kind, "applied");
      const error = await failureOf(store, "l");
      assertEquals([error.why, error.transient], ["unavailable", true]);
      const full = 'Cannot write key "l": bucket "locks" is full: its stream allows';
      assertEquals(error.message, `${full} ${said} or remove other keys`);
    }));
}

Deno.test("KvStore reports a limit that no record fits as a permanent error, with the required value", () =>
  withServer(async ({ nc }) => {
    const error = await failureOf(await edited(nc, { max_bytes: 60 }), "k");
    assertEquals([error.why, error.transient], ["refused", false]);
    assertStringIncludes(
      error.message,
      'bucket "locks" is full: its stream allows max_bytes 60; it must be at least 3',
    );
  }));

const CHANGED: readonly (readonly [changes: Partial<StreamConfig>, said: string])[] = [
  [{ max_msg_size: 64 }, '"max_msg_size" must be at least 267 to fit a record, current value is 64'],
  [{ max_msg_size: 267 }, '"max_msg_size" must be at least 2'],
  [{ subjects: ["$KV.locks.jobs.>"] }, '"subjects" must be $KV.locks.>, else'],
  [{ discard_new_per_subject: true }, '"discard_new_per_subject" must be false'],
];

for (const [changes, said] of CHANGED) {
  Deno.test(`KvStore names the setting if a later change to ${JSON.stringify(changes)} prevents a write`, () =>
    withServer(async ({ nc }) => {
      const store = await edited(nc, { max_bytes: -1 });
      const { expected } = await standing(store);
      await edit(await jetstreamManager(nc), changes);
      const record = { ...RECORD, name: "a longer one" };
      const outcome = await store.write("k", { record, expected, ttl: null, timeout: 2000 });
      assert(outcome.kind === "failed" && outcome.error instanceof ConnectionError, JSON.stringify(outcome));
      assertEquals(outcome.error.why, "refused");
      assertStringIncludes(outcome.error.message, said);
    }));
}

async function standing(store: LeaseStore): Promise<{ expected: number }> {
  const outcome = await write(store, "k");
  assert(outcome.kind === "applied", JSON.stringify(outcome));
  return { expected: outcome.revision };
}

Deno.test("Locker refuses a bucket that has room for shorter records but not for its own", () =>
  withServer(async ({ nc }) => {
    const kv = await newKeyValue(nc, "locks", 3000);
    await edit(await jetstreamManager(nc), { max_msg_size: 300 });
    const { config } = await storeOf(kv).settings({ fresh: true });
    assertEquals(config?.max_msg_size, 300);
    await new Locker({ kv }).run((lease) => assertEquals(lease.held, true));
    const wordy = new Locker({ kv, meta: { note: "x".repeat(100) } });
    const error = await assertRejects(() => wordy.tryAcquire(), BucketConfigError);
    assertEquals([error.setting, error.value], ["max_msg_size", 300]);
    await wordy.close();
  }));
