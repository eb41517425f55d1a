/** Tests of MemoryStore as a store with queues: the contract, and replicas that are behind. */

import { assertEquals } from "@std/assert";
import { ManualClock } from "../../src/memory/manual_clock.ts";
import { MemoryStore } from "../../src/memory/memory_store.ts";
import type { Push } from "../../src/store/ticket_store.ts";
import { append, appendMany, appendNew, applied, timeout, TTL } from "../helpers/ticket_lab.ts";
import { testTicketStore } from "../helpers/ticket_contract.ts";

testTicketStore("MemoryStore", async (body) => {
  const clock = new ManualClock();
  const store = new MemoryStore(clock, { ttl: TTL });
  await body({
    store,
    lags: false,
    pass: (ms) => clock.advance(ms),
    expire: (ms) => clock.advance(ms),
    put: (key, what) => Promise.resolve(store.put(key, what)),
    deleteBucket: () => Promise.resolve(store.deleteBucket()),
  });
});

/** A link whose scans lack `lacking` of the newest writes, and a function that scans a key by its revisions. */
function behind(lacking: number, clock = new ManualClock()) {
  const store = new MemoryStore(clock, { ttl: TTL }).link({ replica: () => lacking });
  const scan = async (leader = false) => {
    const outcome = await store.scan(">", { from: 1, timeout, leader });
    return outcome.kind === "seen" ? outcome.entries.map(({ revision }) => revision) : null;
  };
  return { clock, store, scan };
}

Deno.test("MemoryStore with a replica that is behind scans the bucket as it was so many writes ago", async () => {
  const { store, scan } = behind(2);
  const places = await appendMany(store, 5);
  assertEquals(await scan(), places.slice(0, 3));
  applied(await store.remove("=q.a.s.0", { expected: places[0] ?? 0, timeout }));
  assertEquals(await scan(), places.slice(0, 4));
  const [first = 0, , third = 0] = places;
  assertEquals([first, third], [1, 3]);
});

Deno.test("MemoryStore with a replica that is behind scans the leader without delay", async () => {
  const { store, scan } = behind(2);
  assertEquals([await appendMany(store, 5), await scan(true)], [[1, 2, 3, 4, 5], [1, 2, 3, 4, 5]]);
});

Deno.test("MemoryStore with a replica that lacks all writes scans an empty bucket, also with more than there were", async () => {
  const { store, scan } = behind(10);
  await appendMany(store, 5);
  assertEquals(await scan(), []);
});

Deno.test("MemoryStore with a replica that is behind does not show what has expired", async () => {
  const { clock, store, scan } = behind(1);
  await appendNew(store, "k", { ttl: 1000 });
  applied(await append(store, "k", { expected: 1 }));
  assertEquals(await scan(), [1]);
  await clock.advance(1000);
  assertEquals(await scan(), []);
});

Deno.test("MemoryStore remembers at most the newest 64 writes for replicas that are behind", async () => {
  const { store, scan } = behind(1000);
  await appendMany(store, 100);
  assertEquals((await scan())?.length, 36);
});

Deno.test("MemoryStore forgets the old writes of a re-created bucket, and those that were rolled back", async () => {
  const { store, scan } = behind(1);
  await appendMany(store, 3);
  store.rollBack(2);
  assertEquals(await scan(), [1]);
  store.recreateBucket();
  assertEquals(await scan(), []);
  await appendMany(store, 2);
  assertEquals(await scan(), [1]);
});

Deno.test("MemoryStore passes scans, tickets and pushes under a filter through the network of the link", async () => {
  const seen: string[] = [];
  const clock = new ManualClock();
  const store = new MemoryStore(clock, {
    ttl: TTL,
    intercept: (request) => {
      seen.push(`${request.kind} ${request.key}`);
      return Promise.resolve(request.perform());
    },
    push: (push, deliver) => {
      seen.push(`push ${push.kind === "seen" ? push.key : ""}`);
      deliver();
    },
  });
  const pushes: Push[] = [];
  store.follow("=q.>", (push) => pushes.push(push));
  await appendNew(store, "=q.a.s.0");
  await store.scan("=q.a.>", { from: 1, timeout });
  assertEquals(seen, ["append =q.a.s.0", "push =q.a.s.0", "scan =q.a.>"]);
  assertEquals([pushes.length, store.watches], [1, 1]);
});

Deno.test("MemoryStore.tell() reaches those who follow a filter over the key", () => {
  const store = new MemoryStore(new ManualClock(), { ttl: TTL });
  const pushes: Push[] = [];
  store.follow("=q.*.s.>", (push) => pushes.push(push));
  const keyState = { kind: "vacant", revision: 9 } as const;
  store.tell({ kind: "seen", keyState }, "=q.a.s.0");
  store.tell({ kind: "seen", keyState }, "=q.a.t.0");
  store.tell({ kind: "gap" });
  assertEquals(pushes, [{ kind: "seen", key: "=q.a.s.0", keyState }, { kind: "gap" }]);
});
