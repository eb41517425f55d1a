import { jetstreamManager } from "@nats-io/jetstream";
import { Kvm } from "@nats-io/kv";
import { assertEquals } from "@std/assert";
import { Locker } from "@x/natslock";
import { storeOf } from "../../src/nats/kv_store.ts";
import type { WriteOutcome } from "../../src/store/store.ts";
import { eventually } from "../helpers/measure.ts";
import { withServer } from "../helpers/nats.ts";

type Handle = Parameters<typeof storeOf>[0];

/** Returns a handle on a server that gives this reply to each request. */
function handleOf(answer: unknown): Handle {
  const data = new TextEncoder().encode(JSON.stringify(answer));
  const nc = {
    options: { inboxPrefix: "_INBOX" },
    info: { version: "2.15.1" },
    isClosed: () => false,
    request: () => Promise.resolve({ data, json: () => answer }),
  };
  return { bucket: "locks", stream: "KV_locks", js: { nc } } as unknown as Handle;
}

/** Returns the outcome of a write to which the server gives this reply. */
async function outcomeOf(answer: unknown): Promise<WriteOutcome> {
  const about = { attempt: "a.1", token: null, name: "", since: null, ttl: null, meta: {} };
  const record = { holder: crypto.randomUUID(), ...about };
  return await storeOf(handleOf(answer)).write("leader", { record, expected: 3, ttl: null, timeout: 1000 });
}

const refusal = (err_code: number, description: string) => ({ error: { code: 400, err_code, description } });

Deno.test("KvStore.write() reports a refusal for a write in flight as a conflict without a known revision", async () => {
  const outcome = await outcomeOf(refusal(10164, "wrong last sequence"));
  assertEquals(outcome, { kind: "conflict", current: null });
});

Deno.test("KvStore.write() reports a refusal that names the revision as a conflict at that revision", async () => {
  const outcomes = [
    await outcomeOf(refusal(10071, "wrong last sequence: 7")),
    await outcomeOf({ stream: "s", seq: 9 }),
  ];
  assertEquals(outcomes, [{ kind: "conflict", current: 7 }, { kind: "applied", revision: 9 }]);
});

Deno.test("KvStore.remove() by a handle that cannot read the settings fails, and does not reject", async () => {
  const missing = { error: { code: 404, err_code: 10059, description: "stream not found" } };
  const outcome = await storeOf(handleOf(missing)).remove("leader", { expected: 3, timeout: 1000 });
  assertEquals(outcome.kind, "failed");
});

/** Republish settings of a bucket, and the subject on which the changes of its key `a.b` then arrive. */
const REPEATED = [
  [{ src: "$KV.locks.>", dest: "natslock.locks.>" }, "natslock.locks.a.b"],
  [{ src: ">", dest: "all.>" }, "all.$KV.locks.a.b"],
  [{ src: "$KV.locks.a.>", dest: "some.>" }, "some.b"],
  [{ src: "$KV.locks.c.>", dest: "others.>" }, null],
  [{ src: "$KV.locks.a.b", dest: "one" }, null],
  [{ src: "$KV.locks.>", dest: "heads.>", headers_only: true }, null],
] as const;

Deno.test("KvStore.republishSubject() is the subject of a key's complete changes; null if the bucket does not republish them", () =>
  withServer(async ({ nc }) => {
    const { streams } = await jetstreamManager(nc);
    const found: (string | null)[] = [];
    for (const [republish] of REPEATED) {
      const keeping = { max_msgs_per_subject: 1, max_age: 60_000_000_000, discard: "new" } as const;
      await streams.add({ name: "KV_locks", subjects: ["$KV.locks.>"], ...keeping, republish });
      const store = storeOf(await new Kvm(nc).open("locks"));
      await store.settings();
      found.push(store.republishSubject("a.b"));
      await streams.delete("KV_locks");
    }
    assertEquals(found, REPEATED.map(([, subject]) => subject));
  }));

Deno.test("Locker.observe() of a bucket that republishes headers only shows the holder, and not that the lock is vacant", () =>
  withServer(async ({ nc }) => {
    const { streams } = await jetstreamManager(nc);
    const keeping = { max_msgs_per_subject: 1, max_age: 60_000_000_000, discard: "new", allow_direct: true } as const;
    const republish = { src: "$KV.locks.>", dest: "heads.>", headers_only: true };
    await streams.add({ name: "KV_locks", subjects: ["$KV.locks.>"], ...keeping, republish });
    const kv = await new Kvm(nc).open("locks");
    await using locker = new Locker({ kv });
    const shown: (string | undefined)[] = [];
    const ended = (async () => {
      for await (const leader of locker.observe()) shown.push(leader?.holder);
    })().catch(() => {});
    await eventually("the observer to read", () => shown.length === 1);
    await locker.acquireLead();
    await eventually("the holder to be seen", () => shown.at(-1) === locker.id);
    assertEquals(shown, [undefined, locker.id]);
    await locker.close();
    await ended;
  }));
