import { assertEquals } from "@std/assert";
import { Locker, type LockEvent } from "@x/natslock";
import { newKeyValue, withServer } from "../helpers/nats.ts";
import { VirtualLab } from "../helpers/virtual.ts";

const TTL = 20_000;

const failures = (events: readonly LockEvent[]): LockEvent[] => events.filter(({ type }) => type === "release_failed");

Deno.test("Lease.release() resolves when the bucket was deleted, because the record is gone too", () =>
  withServer(async ({ nc }) => {
    const kv = await newKeyValue(nc, "locks", TTL);
    await using locker = new Locker({ kv });
    const lease = await locker.acquire();
    await kv.destroy();
    await lease.release();
    await lease.release();
    assertEquals([lease.held, locker.token], [false, null]);
  }));

Deno.test("Lease that a block disposes of resolves when the bucket was deleted meanwhile", () =>
  withServer(async ({ nc }) => {
    const kv = await newKeyValue(nc, "locks", TTL);
    await using locker = new Locker({ kv });
    {
      await using lease = await locker.acquire();
      assertEquals(lease.held, true);
      await kv.destroy();
    }
    assertEquals(locker.token, null);
  }));

Deno.test("Locker.run() resolves with what its work returns when the bucket was deleted meanwhile", async () => {
  await using lab = new VirtualLab();
  const { locker, events } = lab.locker();
  assertEquals(await lab.until(locker.run(() => (lab.store.deleteBucket(), "done"))), "done");
  assertEquals(failures(events), []);
});

Deno.test("Locker.close() resolves in a deleted bucket, and reports no failed release", async () => {
  await using lab = new VirtualLab();
  const { locker, events } = lab.locker();
  await lab.until(locker.acquire());
  lab.store.deleteBucket();
  await lab.until(locker.close());
  assertEquals(failures(events), []);
});
