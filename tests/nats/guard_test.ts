import { type KV, Kvm } from "@nats-io/kv";
import { assertEquals, assertInstanceOf, assertRejects, assertThrows } from "@std/assert";
import { BadParameterError, ConnectionError, type Fence, guard, Locker, StaleTokenError } from "@x/natslock";
import { writeSubject } from "../../src/nats/api_prefix.ts";
import type { KvHandle } from "../../src/nats/kv_handle.ts";
import { messagesOf, withConnections } from "../helpers/nats.ts";
import { NatsServer } from "../../tools/nats/server.ts";

const EPOCH = "2026-11-26T10:00:00Z";
const hold = (token: number, epoch = EPOCH): Fence => ({ epoch, token });
const textOf = async (kv: KV, key: string): Promise<string | undefined> => (await kv.get(key))?.string();

/** Runs a test body with a bucket for data. */
async function withData(body: (kv: KV, server: NatsServer) => Promise<void>): Promise<void> {
  await using server = await NatsServer.start();
  await withConnections(server.url, async (nc) => await body(await new Kvm(nc).create("data"), server));
}

Deno.test("Guard.put() of an earlier holder is refused once a later one has written, and changes nothing", async () => {
  await withData(async (kv) => {
    await guard(kv, hold(3)).put("alice", "90");
    await guard(kv, hold(7)).put("alice", "80");
    const error = await assertRejects(() => guard(kv, hold(3)).put("alice", "70"), StaleTokenError);
    assertEquals([error.code, error.stored], ["STALE_TOKEN", hold(7)]);
    assertEquals(error.message, 'Cannot write key "alice": token 3 is older than 7, which has written it');
    assertEquals(await textOf(kv, "alice"), "80");
  });
});

Deno.test("Guard.put() of one holder works repeatedly, also over entries without a token, and keeps bytes", async () => {
  await withData(async (kv) => {
    const guarded = guard(kv, hold(2));
    await kv.put("plain", "old");
    await Promise.all(["deleted", "purged"].map((key) => kv.put(key, "old")));
    await Promise.all([kv.delete("deleted"), kv.purge("purged")]);
    const bytes = Uint8Array.of(0, 255, 128);
    for (const key of ["absent", "plain", "deleted", "purged"]) {
      await guarded.put(key, "first");
      const revision = await guarded.put(key, bytes);
      const entry = await kv.get(key);
      assertEquals([entry?.revision, entry?.operation, entry?.value], [revision, "PUT", bytes]);
    }
  });
});

Deno.test("Guard.delete() leaves a marker that refuses earlier holders", async () => {
  await withData(async (kv) => {
    await guard(kv, hold(3)).put("alice", "90");
    await guard(kv, hold(7)).delete("alice");
    assertEquals((await kv.get("alice"))?.operation, "DEL");
    await assertRejects(() => guard(kv, hold(3)).put("alice", "70"), StaleTokenError);
    await guard(kv, hold(7)).update("alice", (current) => current === null ? "new" : "wrong");
    assertEquals(await textOf(kv, "alice"), "new");
  });
});

Deno.test("Guard refuses a holder of another epoch, with any token, until the entry was purged", async () => {
  await withData(async (kv) => {
    await guard(kv, hold(7)).put("alice", "80");
    const other = guard(kv, hold(9, "2026-11-27T10:00:00Z"));
    const error = await assertRejects(() => other.put("alice", "70"), StaleTokenError);
    assertEquals(error.stored, hold(7));
    await kv.purge("alice");
    await other.put("alice", "60");
    assertEquals(await textOf(kv, "alice"), "60");
  });
});

Deno.test("Guard.update() loses no change of ten writers at once", async () => {
  await withData(async (kv) => {
    const add = () =>
      guard(kv, hold(4)).update("count", (current) => `${Number(new TextDecoder().decode(current ?? undefined)) + 1}`);
    await Promise.all(Array.from({ length: 10 }, add));
    assertEquals(await textOf(kv, "count"), "10");
  });
});

Deno.test("Of an earlier and a later holder that write at once, the later one's value stays", async () => {
  await withData(async (kv) => {
    for (let round = 0; round < 30; round++) {
      const key = `round-${round}`;
      const [early, late] = [guard(kv, hold(1)).put(key, "early"), guard(kv, hold(2)).put(key, "late")];
      const [outcome] = await Promise.allSettled([early, late]);
      await late;
      if (outcome?.status === "rejected") assertInstanceOf(outcome.reason, StaleTokenError);
      assertEquals(await textOf(kv, key), "late");
    }
  });
});

Deno.test("guard() takes a Lease, and refuses the holder whose lock another has now", async () => {
  await withData(async (kv, server) => {
    const about = { servers: server.url, bucket: "locks", ttl: 60_000 };
    await using red = await Locker.open(about);
    await using green = await Locker.open(about);
    const early = await red.acquire();
    const late = guard(kv, early);
    await early.release();
    await using lease = await green.acquire();
    await guard(kv, lease).put("alice", "green");
    const error = await assertRejects(() => late.put("alice", "red"), StaleTokenError);
    assertEquals(error.stored, { epoch: lease.epoch, token: lease.token });
  });
});

Deno.test("guard() and its methods refuse parameters out of range, and send nothing", async () => {
  await withData(async (kv) => {
    const { js: { nc } } = kv as unknown as { js: { nc: Parameters<typeof messagesOf>[0] } };
    const sent = await messagesOf(nc, async () => {
      for (const bad of [undefined, null, {}, hold(0), hold(1.5), hold(1, "")]) {
        assertThrows(() => guard(kv, bad as Fence), BadParameterError, "hold.");
      }
      assertThrows(() => guard(undefined as unknown as KvHandle, hold(1)), BadParameterError, '"kv"');
      for (const key of ["", "a b", "a.*", ">", "a..b"]) {
        await assertRejects(() => guard(kv, hold(1)).put(key, ""), BadParameterError, '"key"');
      }
    });
    assertEquals(sent, 0);
  });
});

Deno.test("Guard.put() into a bucket that does not exist rejects with bucket_missing", async () => {
  await withData(async (kv) => {
    await kv.destroy();
    const error = await assertRejects(() => guard(kv, hold(1)).put("alice", "90"), ConnectionError);
    assertEquals(error.why, "bucket_missing");
  });
});

/** Returns a handle on a server that has an entry, at a newer revision for each read, and answers writes like this. */
function handleOf(write: () => Promise<unknown>): KvHandle {
  let revision = 0;
  const read = () => {
    const data = btoa(`value ${++revision}`);
    return { message: { subject: "$KV.data.alice", seq: revision, data, time: EPOCH } };
  };
  const nc = {
    options: { inboxPrefix: "_INBOX" },
    info: { version: "2.15.1" },
    isClosed: () => false,
    request: async (subject: string) => {
      const reply = subject.includes("MSG.GET") ? read() : await write();
      return { data: new TextEncoder().encode(JSON.stringify(reply)), json: () => reply };
    },
  };
  return { bucket: "data", stream: "KV_data", js: { nc } } as unknown as KvHandle;
}

Deno.test("Guard.update() gives up after twenty tries, and calls change with each newer value", async () => {
  const refusal = { error: { code: 400, err_code: 10071, description: "wrong last sequence: 99" } };
  const seen: string[] = [];
  const change = (current: Uint8Array | null) => {
    seen.push(new TextDecoder().decode(current ?? undefined));
    return "mine";
  };
  const kv = handleOf(() => Promise.resolve(refusal));
  const error = await assertRejects(() => guard(kv, hold(1)).update("alice", change), ConnectionError);
  assertEquals(error.why, "contended");
  assertEquals(seen, Array.from({ length: 20 }, (_, index) => `value ${index + 1}`));
});

Deno.test("Guard.put() whose answer is lost rejects with timeout, and does not try again", async () => {
  let writes = 0;
  const kv = handleOf(() => {
    writes++;
    return Promise.reject(Object.assign(new Error("timeout"), { name: "TimeoutError" }));
  });
  const error = await assertRejects(() => guard(kv, hold(1)).put("alice", "90"), ConnectionError);
  assertEquals([error.why, writes], ["timeout", 1]);
});

Deno.test("writeSubject() puts the prefix of a domain or another account before the subject", () => {
  assertEquals(writeSubject("$JS.API", "$KV.data.alice"), "$KV.data.alice");
  assertEquals(writeSubject("$JS.hub.API", "$KV.data.alice"), "$JS.hub.API.$KV.data.alice");
});
