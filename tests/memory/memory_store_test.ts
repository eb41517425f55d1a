/** Tests of MemoryStore: the contract of a store, and the options of its network and server. */

import { assertEquals } from "@std/assert";
import { ManualClock } from "../../src/memory/manual_clock.ts";
import { MemoryStore } from "../../src/memory/memory_store.ts";
import { testStore } from "../helpers/store_contract.ts";

testStore("MemoryStore", async (body) => {
  const clock = new ManualClock();
  const store = new MemoryStore(clock, { ttl: 2000 });
  await body({
    store,
    ttl: 2000,
    pass: (ms) => clock.advance(ms),
    expire: (ms) => clock.advance(ms),
    deleteBucket: () => Promise.resolve(store.deleteBucket()),
    recreateBucket: () => Promise.resolve(store.recreateBucket()),
  });
});

const record = { holder: "x", attempt: "a.1", token: null, name: "", since: null, ttl: null, meta: {} };

Deno.test("MemoryStore with three replicas reports no revision in a conflict with a write in flight", async () => {
  const store = new MemoryStore(new ManualClock(), { ttl: 2000, replicas: 3 });
  const request = { record, expected: 0, ttl: null, timeout: 100 };
  const outcomes = await Promise.all([store.write("k", request), store.write("k", request)]);
  assertEquals(outcomes, [{ kind: "applied", revision: 1 }, { kind: "conflict", current: null }]);
});

Deno.test("MemoryStore removes an expired record late by the given lag, never early", async () => {
  const clock = new ManualClock();
  const store = new MemoryStore(clock, { ttl: 2000, lag: () => 300 });
  await store.write("k", { record, expected: 0, ttl: null, timeout: 100 });
  await clock.advance(2299);
  assertEquals(store.look("k").kind, "held");
  await clock.advance(1);
  assertEquals(store.look("k").kind, "vacant");
});

Deno.test("MemoryStore passes each request to the interceptor, which decides whether to carry it out", async () => {
  const store = new MemoryStore(new ManualClock(), {
    ttl: 2000,
    intercept: (request) => Promise.resolve(request.kind === "write" ? request.timeout() : request.perform()),
  });
  const outcome = await store.write("k", { record, expected: 0, ttl: null, timeout: 100 });
  assertEquals(outcome.kind, "unknown");
  assertEquals(store.look("k"), { kind: "vacant", revision: 0 });
});
