import { assert, assertEquals } from "@std/assert";
import { type JetStreamManager, jetstreamManager } from "@nats-io/jetstream";
import fc from "fast-check";
import { AcquireTimeoutError, type KvHandle, type Leadership, Locker } from "@x/natslock";
import { liveHeap } from "../helpers/heap.ts";
import { newKeyValue, withServer } from "../helpers/nats.ts";
import { SEED } from "../helpers/seed.ts";
import { headerOf, OWN_ID, RawPublisher, type WireRecord, wireRecord } from "../helpers/wire.ts";

const RECORDS = 1_500;
/** Number of keys that are read at the same time. */
const BATCH = 250;
const TTL = 60_000;

/** One key, and the means to read it and to try to acquire it. */
interface Scene {
  readonly kv: KvHandle;
  readonly manager: JetStreamManager;
  readonly key: string;
}

async function revisionOf({ manager, key }: Scene): Promise<number> {
  const message = await manager.streams.getMessage("KV_locks", { last_by_subj: `$KV.locks.${key}` });
  return message?.seq ?? 0;
}

async function firstOf(locker: Locker): Promise<Leadership | null> {
  for await (const leader of locker.observe()) return leader;
  throw new Error("Cannot observe: it ended at once");
}

/** Reports whether a well-formed record leaves the lock vacant. */
const isVacant = (record: WireRecord): boolean =>
  record.value.length === 0 || ["DEL", "PURGE"].includes(headerOf(record, "KV-Operation") ?? "") ||
  ["MaxAge", "Purge", "Remove"].includes(headerOf(record, "Nats-Marker-Reason") ?? "");

/**
 * Reads a stranger's record in every way, and tries to acquire the lock in every way. Returns false if the record is
 * not stored: the server refuses headers of 64 KiB and more.
 */
async function meet(scene: Scene, record: WireRecord): Promise<boolean> {
  const { kv, key } = scene;
  await using locker = new Locker({ kv, key, id: OWN_ID });
  await using other = new Locker({ kv, key });
  const before = await revisionOf(scene);
  if (before === 0) return false;
  const leader = await locker.leader();
  assertEquals(await firstOf(locker), leader);
  if (record.mangled === null) assertEquals(leader === null, isVacant(record));
  if (leader !== null) {
    assertEquals([await other.acquireLead(), await other.tryAcquire()], [false, null]);
    const wait = await other.acquire({ timeout: 20 }).catch((error: unknown) => error);
    assert(wait instanceof AcquireTimeoutError, String(wait));
    // A client that does not hold the lock cannot release it.
    await other.releaseLead();
    assertEquals(await revisionOf(scene), before);
  }
  const mayTake = leader === null || leader.holder === OWN_ID;
  assertEquals(await locker.acquireLead(), mayTake);
  if (!mayTake) assertEquals(await revisionOf(scene), before);
  else assert((locker.token ?? 0) > before, "the token is not higher");
  return true;
}

Deno.test(`${RECORDS} records of strangers harm no locker, observer or waiter, and no live one is taken over`, () =>
  withServer(async (lab) => {
    using publisher = await RawPublisher.connect(lab.server.port);
    const kv = await newKeyValue(lab.nc, "locks", TTL);
    const manager = await jetstreamManager(lab.nc);
    const records = fc.sample(wireRecord, { numRuns: RECORDS, seed: SEED });
    for (const [index, record] of records.entries()) await publisher.publish(`$KV.locks.k${index}`, record);
    await publisher.flush();
    const look = async (index: number) => {
      const record = records[index] as WireRecord;
      const isThere = await meet({ kv, manager, key: `k${index}` }, record).catch((cause: unknown) => {
        const shown = Deno.inspect(record, { strAbbreviateSize: 100 });
        throw new Error(`Record ${index} of seed ${SEED}: ${shown}`, { cause });
      });
      if (isThere) stored++;
    };
    let stored = 0;
    // The first batches fill caches and let code be compiled, so the heap is measured after them.
    let heap = 0;
    for (let start = 0; start < RECORDS; start += BATCH) {
      await Promise.all(Array.from({ length: BATCH }, (_, offset) => look(start + offset)));
      if (start === 500) heap = liveHeap();
    }
    assert(stored > 0.9 * RECORDS, `only ${stored} records were stored with seed ${SEED}`);
    const grown = liveHeap() - heap;
    assert(grown < 500_000, `${grown} bytes more on the heap after seed ${SEED}`);
  }));
