import { assert, assertEquals } from "@std/assert";
import { type JetStreamManager, jetstreamManager, type StreamConfig } from "@nats-io/jetstream";
import { Kvm } from "@nats-io/kv";
import { settingsOf } from "../../src/nats/bucket_rules.ts";
import { storeOf } from "../../src/nats/kv_store.ts";
import { type LeaseRecord, recordSize } from "../../src/store/record.ts";
import type { LeaseStore, WriteOutcome } from "../../src/store/store.ts";
import { NatsCluster } from "../../tools/nats/cluster.ts";
import { led } from "../helpers/led.ts";
import { withConnections, withServer } from "../helpers/nats.ts";

const OWN_TTL = 30_000;

const GRANT: LeaseRecord = {
  holder: "0b8ad0a6-2b3a-4b5e-9f5e-6a1d5a1c9e01",
  attempt: "0b8ad0a6-2b3a-4b5e-9f5e-6a1d5a1c9e01.1",
  token: null,
  name: "Łódź",
  since: 1_800_000_000_000,
  ttl: OWN_TTL,
  meta: { host: "here" },
};

/** Bytes that file storage needs for a message besides subject, headers and value. */
const OVERHEAD = 34;
const SUBJECT = "$KV.locks.k".length;

/** Creates a bucket with these settings. */
async function bucketWith(manager: JetStreamManager, settings: Partial<StreamConfig>): Promise<void> {
  const subjects = { name: "KV_locks", subjects: ["$KV.locks.>"] };
  const keeping = { max_msgs_per_subject: 1, max_age: 60e9, discard: "new" as const, allow_msg_ttl: true };
  await manager.streams.add({ ...subjects, ...keeping, ...settings });
}

/** Writes a grant and renewals until the revisions have three digits; returns the outcomes. */
async function hold(store: LeaseStore): Promise<WriteOutcome[]> {
  const outcomes: WriteOutcome[] = [];
  let token: number | null = null;
  let expected = 0;
  while (outcomes.length < 101) {
    const record = { ...GRANT, token };
    const outcome = await store.write("k", { record, expected, ttl: OWN_TTL, timeout: 2000 });
    outcomes.push(outcome);
    if (outcome.kind !== "applied") break;
    expected = outcome.revision;
    token ??= outcome.revision;
  }
  return outcomes;
}

const ROOMS: readonly (readonly [setting: "max_msg_size" | "max_bytes" | "max_msgs", least: number])[] = [
  ["max_msg_size", recordSize(GRANT, OWN_TTL)],
  ["max_bytes", recordSize(GRANT, OWN_TTL) + OVERHEAD + SUBJECT],
  ["max_msgs", 1],
];

for (const [setting, least] of ROOMS) {
  Deno.test(`KvStore renews in a bucket whose ${setting} just fits the grant`, () =>
    withServer(async ({ nc }) => {
      await bucketWith(await jetstreamManager(nc), { [setting]: least });
      const outcomes = await hold(storeOf(await new Kvm(nc).open("locks")));
      assertEquals(outcomes.filter(({ kind }) => kind !== "applied"), []);
    }));
}

for (const [setting, least] of ROOMS.slice(0, 2)) {
  Deno.test(`recordSize() is the size that the server counts: the grant is refused if ${setting} is one byte less`, () =>
    withServer(async ({ nc }) => {
      await bucketWith(await jetstreamManager(nc), { [setting]: least - 1 });
      const [outcome] = await hold(storeOf(await new Kvm(nc).open("locks")));
      assert(outcome?.kind === "failed", JSON.stringify(outcome));
    }));
}

Deno.test("KvStore with three replicas needs room for a record and its renewal, as the check says", async () => {
  await using cluster = await NatsCluster.start();
  await withConnections(cluster.urls[0] ?? "", async (nc) => {
    const manager = await jetstreamManager(nc);
    const [, [, stored] = []] = ROOMS;
    assert(stored !== undefined);
    for (const [max_bytes, renewed] of [[2 * stored, true], [2 * stored - 1, false]] as const) {
      await bucketWith(manager, { num_replicas: 3, max_bytes });
      const config = (await manager.streams.info("KV_locks")).config;
      const [grant, renewal] = await hold(await led(storeOf(await new Kvm(nc).open("locks"))));
      assertEquals([grant?.kind, renewal?.kind], ["applied", renewed ? "applied" : "failed"]);
      const { lack } = settingsOf(config, "now");
      assertEquals(lack("k", recordSize(GRANT, OWN_TTL)) === null, renewed);
      await manager.streams.delete("KV_locks");
    }
  });
});
