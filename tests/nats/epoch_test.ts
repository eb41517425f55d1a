import { assert, assertEquals } from "@std/assert";
import { jetstreamManager } from "@nats-io/jetstream";
import { Locker, newKeyValue } from "@x/natslock";
import { withServer } from "../helpers/nats.ts";
import { TTL, VirtualLab } from "../helpers/virtual.ts";

Deno.test("A holder loses its lease within one lease length in a re-created bucket with equal revisions, and leaves no record there", async () => {
  await using lab = new VirtualLab();
  const [a, b] = [lab.locker(), lab.locker({ store: lab.store.link({}) })];
  const old = await lab.until(a.locker.acquire());
  await lab.clock.advance(10);
  lab.store.recreateBucket();
  const start = lab.clock.now();
  const made = await lab.until(b.locker.acquire());
  assertEquals(made.token, old.token);
  while (old.held && lab.clock.now() < start + 5 * TTL) await lab.clock.advance(10);
  assert(lab.clock.now() - start <= TTL, `${lab.clock.now() - start}`);
  const lost = a.events.find((event) => event.type === "lost");
  assertEquals(lost?.type === "lost" && lost.why, "removed");
  await lab.clock.advance(10);
  assertEquals(lab.store.look("leader").kind, "vacant");
});

Deno.test("A write that expects a revision of one stream is not sent if the store knows that there is another stream", async () => {
  await using lab = new VirtualLab();
  const { locker } = lab.locker();
  await lab.until(locker.acquireLead());
  lab.store.recreateBucket();
  await lab.store.settings({ fresh: true });
  const [before, written] = [lab.sent, [] as string[]];
  lab.fate = ({ kind }) => (written.push(kind), "pass");
  await lab.until(locker.acquireLead());
  assertEquals(written.filter((kind) => kind === "write").length, 1, `${written}`);
  assert(lab.sent > before);
  assertEquals(lab.store.look("leader").revision, 1);
});

Deno.test("A holder reports a changed setting, and one that is unsafe for locks, and keeps its lease", () =>
  withServer(async ({ nc }) => {
    const ttl = 2000;
    const kv = await newKeyValue(nc, "locks", ttl);
    const changed = [Promise.withResolvers<unknown>(), Promise.withResolvers<unknown>()];
    let told = 0;
    await using locker = new Locker({
      kv,
      onEvent: (event) => void (event.type === "bucket_changed" && changed[told++]?.resolve(event)),
    });
    const lease = await locker.acquire();
    const { streams } = await jetstreamManager(nc);
    const edit = async (change: object) => {
      const { config } = await streams.info("KV_locks");
      await streams.update("KV_locks", { ...config, ...change });
    };
    await edit({ max_bytes: 1_000_000 });
    const first = await changed[0]?.promise as { changes: object; error: Error | null };
    assertEquals([Object.keys(first.changes), first.error], [["max_bytes"], null]);
    await edit({ max_msgs_per_subject: 5 });
    const second = await changed[1]?.promise as { changes: object; error: Error | null };
    assertEquals([Object.keys(second.changes), second.error?.name], [["max_msgs_per_subject"], "BucketConfigError"]);
    assert(lease.held);
    await lease.release();
    assertEquals((await kv.get("leader"))?.value.length, 0);
  }));
